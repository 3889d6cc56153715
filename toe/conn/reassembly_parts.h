/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the reassembly share, and nobody else sees. */
#ifndef TOE_REASSEMBLY_PARTS_H
#define TOE_REASSEMBLY_PARTS_H

#include "reassembly.h"
#include "worker.h"

static inline struct toe_reassembly *
reassembly_of(const struct toe_worker *worker, const struct toe_conn *conn)
{
	return toe_pool_at(&worker->reassemblies, conn->reassembly);
}

static inline struct toe_piece *
piece_at(const struct toe_worker *worker, uint32_t piece)
{
	return toe_pool_at(&worker->pieces, piece);
}

/* The connection's, made when it has none; NULL: none is left. */
struct toe_reassembly *toe_reassembly_get(struct toe_worker *worker, struct toe_conn *conn);

#endif

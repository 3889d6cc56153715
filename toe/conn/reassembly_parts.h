/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the reassembly share, and nobody else sees. */
#ifndef TOE_REASSEMBLY_PARTS_H
#define TOE_REASSEMBLY_PARTS_H

#include "engine.h"
#include "reassembly.h"

static inline struct toe_reassembly *
reassembly_of(const struct toe_engine *engine, const struct toe_conn *conn)
{
	return toe_pool_at(&engine->reassemblies, conn->reassembly);
}

static inline struct toe_piece *
piece_at(const struct toe_engine *engine, uint32_t piece)
{
	return toe_pool_at(&engine->pieces, piece);
}

static inline void
reassembly_remove_block(struct toe_reassembly *reassembly, uint32_t i)
{
	reassembly->blocks--;
	memmove(&reassembly->block[i], &reassembly->block[i + 1],
	        (reassembly->blocks - i) * sizeof(reassembly->block[0]));
}

/* The connection's, made when it has none; NULL: none is left. */
struct toe_reassembly *toe_reassembly_get(struct toe_engine *engine, struct toe_conn *conn);

#endif

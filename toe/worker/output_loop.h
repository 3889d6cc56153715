/* SPDX-License-Identifier: BSD-3-Clause */
/* The run over the connections that were marked ready, and what it built on its way to the ports. */
#ifndef TOE_OUTPUT_LOOP_H
#define TOE_OUTPUT_LOOP_H

#include "worker.h"

/* Up to `budget` connections or frames, whichever comes first; connections run. */
uint32_t toe_worker_output(struct toe_worker *worker, uint32_t budget);
/* Every connection that waits for room in a transmit buffer is ready again. */
void toe_worker_requeue(struct toe_worker *worker);
/* All transmit buffers; frames that the ports have left in them. */
uint32_t toe_worker_flush(struct toe_worker *worker);

#endif

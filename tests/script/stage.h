/* SPDX-License-Identifier: BSD-3-Clause */
/* What a play stands on: buffers, ports, the end's work and the collection of what comes out of it. */
#ifndef TESTS_SCRIPT_STAGE_H
#define TESTS_SCRIPT_STAGE_H

#include "play.h"
#include "test_eal.h"

/* A fresh end; false: no memory. */
bool stage_enter(struct play *play);
void stage_leave(struct play *play);
/* A frame of the peer is at the port; false: no room. The end takes all of them as one burst when it works. */
bool stage_arrives(struct play *play, struct rte_mbuf *frame);
/* Let the end work at the present time and collect what it does. */
bool stage_work(struct play *play);

/* play.c: a complaint about the present statement, with what the end has done. Always false. */
bool play_wrong(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

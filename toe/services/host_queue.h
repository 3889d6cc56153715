/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of a host that no posted buffer holds: its queue, its buffers and their bounds (CHN-3, CHN-6), its indications. */
#ifndef TOE_HOST_QUEUE_H
#define TOE_HOST_QUEUE_H

#include "host_io.h"

/*
 * What a buffer holds at least of text, on average: two neighbors in the queue hold more than one buffer's free space together, or
 * they would have been put into one.
 */
#define TOE_HOST_SEGMENT_BYTES 512u

#define TOE_HOST_MAX_SEGMENTS 1024u /* mbufs that a connection may hold; the window closes before */

/* At the end of a list, unless it is in it; out of it, if it is. */
void toe_list_add(struct toe_engine *engine, struct toe_conn_list *list, enum toe_host_list which,
        uint32_t index);
void toe_list_remove(struct toe_engine *engine, struct toe_conn_list *list,
        enum toe_host_list which, uint32_t index);

/* Queue text; true: the mbuf was taken over. */
bool toe_text_queue(struct toe_engine *engine, struct toe_conn *conn, struct toe_receives *receives,
        struct rte_mbuf *mbuf, const uint8_t *data, uint32_t length);
/* So many buffers more, or less, are in the queue of this connection. */
void toe_text_count(struct toe_engine *engine, const struct toe_conn *conn,
        struct toe_receives *receives, int32_t n);
/*
 * Buffers that the connection's channel may still have. It may have as many as are free for all: however many hosts do not read, there
 * is always something left for the next one.
 */
uint32_t toe_text_left(const struct toe_engine *engine, const struct toe_conn *conn);

/* To be indicated, if there is anything and somebody to tell. */
void toe_text_due(struct toe_engine *engine, uint32_t index, struct toe_receives *receives);
void toe_text_not_due(struct toe_engine *engine, uint32_t index);

/* Indications of a channel, as far as its ring has room; how many. */
uint32_t toe_host_indicate(struct toe_engine *engine, struct toe_channel_port *port);
/* One is answered (TOE_FLOW_ANSWER). */
void toe_text_answered(struct toe_engine *engine, struct toe_conn *conn,
        struct toe_receives *receives, const struct chimney_io *io);
/* Such a rest comes back when the connection is gone. */
void toe_text_returned(struct toe_engine *engine, uint32_t channel, struct rte_mbuf *rest);
/* From now on this channel uses the connection (toe_conn.channel). */
void toe_text_channel(struct toe_engine *engine, uint32_t index, uint8_t channel);

/* Bytes that nobody has consumed. */
uint32_t host_backlog(const struct toe_engine *engine, const struct toe_conn *conn);
/*
 * TERM-4: the text that nobody has consumed, as a chain, NULL: none. It is the host's until the host returns it (TERM-9), and is counted
 * as such.
 */
struct rte_mbuf *toe_host_take_text(struct toe_engine *engine, uint32_t index);
/* Text that nobody has taken is freed: the connection leaves. */
void host_text_close(struct toe_engine *engine, uint32_t index);

#endif

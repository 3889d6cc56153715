/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Channels: how a host stack sends and receives on the connections that it has offloaded, and closes them (CHN-1 to CHN-5,
 * SND-1, SND-2, RCV-1 to RCV-3, DSC-1 to DSC-4).
 *
 * A channel belongs to one host thread, which alone calls the functions below for it; a host stack has as many as it has threads
 * that want one. It has a ring to and a ring from every worker. Nothing that is submitted is refused for lack of room, and
 * no completion is dropped: what finds a ring full waits in order, linked through its own descriptor. A host thread that does
 * not read holds up itself alone.
 *
 * Ownership: a descriptor (struct chimney_io, toe/state/io.h) and what it names are the target's from chimney_submit until
 * chimney_channel_poll returns its record; each is returned exactly once, those of a kind in the order in which they were
 * submitted on their connection.
 *
 * Nothing here blocks or allocates, but for chimney_channel_open and chimney_channel_close. A system call is made only to wake a
 * worker that sleeps.
 */
#ifndef CONTROL_CHANNEL_H
#define CONTROL_CHANNEL_H

#include "chimney.h"
#include "io.h"

CHIMNEY_DECLARATIONS

struct chimney_channel;

/* One connection, as the host thread sees it. The host's memory; its members are the channel's and the target's. */
struct chimney_flow {
	struct chimney_io own; /* that it uses a connection, or no longer does */
	struct chimney_io answer; /* to an indication: of these there is one at a time */
	uint64_t handle; /* 0: prepared, not started */
	/* outstanding I/O of each kind, oldest first, by chimney_io.outstanding */
	struct chimney_io *first[CHIMNEY_IO_OP_COUNT], *last[CHIMNEY_IO_OP_COUNT];
	/* of each kind the last one before those that a terminate has returned out of turn; NULL: none has been */
	struct chimney_io *passed[CHIMNEY_IO_OP_COUNT];
	uint64_t since; /* prepared: losses of workers before that */
	uint32_t life; /* of the worker, when the flow was opened */
	uint8_t worker;
	bool leaving; /* the worker is told, or knows */
};

#define CHIMNEY_CHANNEL_RING_MIN 64u
#define CHIMNEY_CHANNEL_RING_MAX 65536u

/*
 * Open a channel of a host stack. ring_size: places of each ring (two a worker), a power of two from CHIMNEY_CHANNEL_RING_MIN to
 * CHIMNEY_CHANNEL_RING_MAX. The host stack cannot unregister before it is closed.
 * 0, -EINVAL (ring_size), -ENOSPC (all hosts together have TOE_MAX_CHANNELS), -ENOMEM, or what eventfd says.
 */
int chimney_channel_open(
        struct chimney_host *host, uint32_t ring_size, struct chimney_channel **channel);
/*
 * Close it. 0: it is gone. -EBUSY: flows are open, or records were not read; nothing has changed. -EAGAIN: workers are being told, call
 * again; until it is gone nothing else may be called for it.
 */
int chimney_channel_close(struct chimney_channel *channel);

/*
 * Begin to use a connection that was offloaded (its handle), by one channel at a time: from here on its text is indicated on this
 * channel. 0, or -EINVAL: not the handle of a connection, or the flow is not aligned to 64 bytes. That it is gone shows in the
 * completions.
 */
int chimney_flow_open(struct chimney_channel *channel, struct chimney_flow *flow, uint64_t handle);
/*
 * The same for one that is about to be offloaded, with outstanding send data (INIT-6): block->send_chain, descriptors linked by `next`, as
 * the terminate of a connection returned them or the host makes them: SENDs, and at the end a DISCONNECT where a FIN belongs behind
 * them. The first may have `done` bytes that were acknowledged already, so that SndUna lies behind these. The block is a whole
 * TCP block; send_data_head, send_data_tail and send_backlog_size of its state are set here.
 *
 * From now on the descriptors are outstanding on the flow, and the target's. When the initiate has completed: with SUCCESS,
 * chimney_flow_start with the handle (records of them may be read before that); else chimney_flow_close: they are the host's
 * again, as they were; where the completion was `unsettled` those of which a record was read are completed, as ever.
 *
 * prepare: 0, or -EINVAL: no such block, a circle, something else in the chain, `done` elsewhere or too large; nothing has changed.
 * start: 0, or -EINVAL: not the handle of a connection, or the flow is started.
 */
int chimney_flow_prepare(struct chimney_channel *channel, struct chimney_flow *flow,
        struct offload_block_list *block);
int chimney_flow_start(struct chimney_channel *channel, struct chimney_flow *flow, uint64_t handle);
/*
 * A terminate has completed with SUCCESS; send_chain: of its block, may be NULL. Its descriptors are completed with that (TERM-4), and no
 * record comes of them: `status` is UPLOAD_IN_PROGRESS, the first one's `done` bytes were acknowledged. To be called before
 * chimney_flow_close. Records of others on this flow may still be read, before that or after it: of those before the
 * chain, with SUCCESS; of what the worker had not taken when the connection left, with UPLOAD_IN_PROGRESS, to be sent behind
 * the chain; and of what stood behind a FIN, with INVALID_STATE.
 */
void chimney_flow_uploaded(struct chimney_flow *flow, void *send_chain);
/*
 * Done with it: the flow may be freed. -EAGAIN: the worker is being told; poll the channel, and call again. -EBUSY: I/O is outstanding,
 * or an indication is not answered. A terminate returns all I/O (chimney_flow_uploaded), with UPLOAD_IN_PROGRESS, an
 * acceptable RST with REQUEST_ABORTED. Text that arrives meanwhile waits for the next flow of the connection, or for its terminate.
 *
 * The exception is a connection that is lost with its worker (INV-14, INV-17): what is outstanding on it stays so. To be
 * closed when its terminate has completed; what was outstanding is returned by the next chimney_channel_poll, with
 * REQUEST_ABORTED and 0 bytes done (CHN-4). The flow must then live until that was read, and until chimney_settled.
 */
int chimney_flow_close(struct chimney_channel *channel, struct chimney_flow *flow);

/*
 * Submit n I/Os on a flow, in order. 0: all of them are the target's. -EINVAL: one of them is not aligned to 64 bytes, has no known
 * op, or names more bytes than its buffers hold; none was taken.
 *
 * SEND: its bytes follow those of the sends before it (SND-1). Completes with SUCCESS when the peer has acknowledged every byte;
 * REQUEST_ABORTED after an acceptable RST, UPLOAD_IN_PROGRESS by terminate or when the connection is not offloaded (any more),
 * both with `done` bytes acknowledged; INVALID_STATE behind a FIN of ours; FAILURE on a connection of another host stack, or one
 * whose data goes to a service. Until then it waits, also on a connection that was stopped (INV-16).
 *
 * RECEIVE, RECEIVE_PUSH: what arrives is copied into the buffers, in the order in which these were posted (RCV-1): first what is
 * there and was not taken, then what comes. Completes with SUCCESS and `done` bytes: when it is full; RECEIVE_PUSH also when it is
 * filled in part and PSH stands in what fills it, or no more came for TOE_PUSH_MS; both when FIN comes behind what is there.
 * INVALID_STATE with 0 bytes when nothing comes any more because of a FIN (RCV-3); REQUEST_ABORTED and UPLOAD_IN_PROGRESS as above,
 * with the bytes that are in it. One of 0 bytes completes in its turn. Each has text that was refused indicated again, if it is not
 * full of it.
 *
 * DISCONNECT: graceful. Its data, if it has any, follows that of the sends before it, and a FIN follows its data (DSC-1). Completes
 * behind these sends, with SUCCESS when the FIN was acknowledged, else as a SEND does. Receiving goes on. A second one, and what is
 * sent behind it, completes in its turn with INVALID_STATE.
 *
 * ABORT: abortive. From then on nothing is received or acknowledged (DSC-4). A RST leaves, one, as soon as it may: not while the
 * connection is stopped (INV-16), not at all where both ends have closed (CLOSING, LAST_ACK, TIME_WAIT, CLOSED: RFC 9293 section
 * 3.10.5). Then what is outstanding completes with REQUEST_ABORTED, it with SUCCESS, and the connection is CLOSED.
 *
 * Neither frees anything: that is for the terminate (DSC-3).
 */
int chimney_submit(struct chimney_channel *channel, struct chimney_flow *flow,
        struct chimney_io *const *ios, unsigned int n);

/*
 * Answer an indication of this flow's connection (RCV-2), each once: `taken` bytes of the text, from the first on, are consumed. The
 * rest is the target's again, and is not indicated before a receive is posted. keep: of the buffers those of which every byte is taken
 * are the host's, record->data, until chimney_buffers_return; else, and all others, are the target's again: of text in a buffer
 * that is taken in part the host has made a copy. What is not taken and what is kept counts for the channel, whose connections
 * close their windows when it is too much (CHN-3). A terminate of the connection does not complete before the answer: what is not taken
 * goes up with it, in front of what came behind it (TERM-4).
 *
 * Returns the number of buffers kept. More than there is is as much as there is.
 */
unsigned int chimney_answer(struct chimney_channel *channel, struct chimney_flow *flow,
        struct chimney_io_record *record, uint32_t taken, bool keep);
/*
 * Buffers that were kept (a chain of them, by next) go back, on the channel that they were indicated on; in any order. They may be of
 * several connections and workers.
 */
void chimney_buffers_return(struct chimney_channel *channel, struct rte_mbuf *buffers);
/*
 * The same of text that a terminate has handed up (buffered_data, TERM-9), from any thread, while the target exists.
 */
void chimney_buffered_return(struct chimney_host *host, struct rte_mbuf *buffers);

/*
 * Read up to n records; returns how many. Of a completion, `status` and `done` are in the descriptor, too. Moves on
 * what waits for room towards the workers: to be called until nothing is outstanding.
 */
unsigned int chimney_channel_poll(
        struct chimney_channel *channel, struct chimney_io_record *records, unsigned int n);

/*
 * For threads that sleep, as chimney_event_fd and its companions: the descriptor becomes readable when records arrive, or when
 * what waits for room may go on.
 */
int chimney_channel_event_fd(const struct chimney_channel *channel);
bool chimney_channel_sleep_prepare(struct chimney_channel *channel);
void chimney_channel_sleep_done(struct chimney_channel *channel);

CHIMNEY_DECLARATIONS_END

#endif

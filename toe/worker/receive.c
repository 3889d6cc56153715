/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a received burst to its destinations. A burst is parsed whole, looked up whole, what its connections have is
 * fetched, and then each frame goes its way in order of arrival: to input, to a hold's queue, to the
 * worker that owns its tuple, or to the other side of the bump.
 */
#include "receive.h"

#include <string.h>

#include <rte_ethdev.h>
#include <rte_prefetch.h>
#include <rte_tcp.h>

#include "conn_mib.h"
#include "exception.h"
#include "fetch.h"
#include "held.h"
#include "tcp.h"
#include "urgent.h"

/* Bytes that the first segment of a chained frame is to hold for parsing */
#define HEADERS_MAX 256u
#define PREFETCH_MBUF 8u /* frames ahead */
#define PREFETCH_DATA 4u

/* A burst on its way: what is known of each frame. */
struct burst {
	struct rte_mbuf **frame;
	uint32_t n;
	bool check; /* verify checksums */
	struct toe_segment segment[TOE_RX_BURST];
	int32_t result[TOE_RX_BURST]; /* of the flow table, for good segments */
};

static inline bool
is_from_host(const struct toe_worker *worker, const struct rte_mbuf *mbuf)
{
	return worker->engine.shared->ports[mbuf->port].role == TOE_PORT_HOST;
}

/* The neighbor of a connection; its constants decide which frames are the connection's. */
static inline const struct toe_neighbor *
neighbor_of(const struct toe_worker *worker, const struct toe_conn *conn)
{
	const struct toe_shared *shared = worker->engine.shared;
	uint64_t path_word =
	        atomic_load_explicit(&shared->paths[conn->path].word, memory_order_acquire);

	return &shared->neighbors[toe_path_word_neighbor(path_word)];
}

/* RX-6: a neighbor with a VLAN takes frames of that VLAN only, one without takes any. */
static inline bool
vlan_matches(const struct toe_neighbor *neighbor, const struct toe_segment *segment)
{
	return likely(neighbor->vlan_id == 0) || (segment->vlan & 0xFFF) == neighbor->vlan_id;
}

/*
 * A promiscuous port takes frames for anybody. Ours are those to the address that we send from: the neighbor's source
 * address, which is the port's where the host gave none.
 */
static inline bool
mac_matches(const struct toe_neighbor *neighbor, const struct toe_segment *segment)
{
	return toe_mac_word(neighbor->source_mac) == segment->destination;
}

/* What became of a frame of an offloaded connection; true: the caller frees it. */
static inline bool
is_done(struct toe_worker *worker, const struct toe_segment *segment, enum toe_input input,
        struct rte_mbuf *mbuf)
{
	if (unlikely(input == TOE_INPUT_TO_HOST)) {
		toe_exception_forward(worker, mbuf, mbuf->port);
		return false;
	}
	toe_mib_in(
	        toe_engine_mib(&worker->engine, segment->key.port, segment->key.family), segment);
	return likely(input == TOE_INPUT_DONE);
}

bool
toe_receive_segment(struct toe_worker *worker, uint32_t index, const struct toe_segment *segment,
        struct rte_mbuf *mbuf)
{
	const struct toe_conn *conn = &worker->engine.conns[index];
	const struct toe_neighbor *neighbor = neighbor_of(worker, conn);

	if (unlikely(conn->flags & (TOE_CONN_ENDED | TOE_CONN_ABORTED))) {
		toe_exception_forward(worker, mbuf, mbuf->port);
		return false;
	}
	if (unlikely(is_from_host(worker, mbuf))) {
		worker->engine.stats.host_filtered++;
		return true;
	}
	if (unlikely(!mac_matches(neighbor, segment))) {
		worker->engine.stats.rx_other_mac++;
		toe_exception_forward(worker, mbuf, mbuf->port);
		return false;
	}
	if (unlikely(!vlan_matches(neighbor, segment))) {
		worker->engine.stats.vlan_mismatch++;
		toe_mib_discard(
		        toe_engine_mib(&worker->engine, segment->key.port, segment->key.family),
		        segment);
		return true;
	}
	return is_done(worker, segment, toe_tcp_input(&worker->engine, index, segment, mbuf), mbuf);
}

void
toe_receive_held(struct toe_worker *worker, uint32_t index, uint32_t conn)
{
	struct toe_hold *hold = &worker->holds[index];
	struct toe_segment segment;

	for (uint32_t i = 0; i < hold->count; i++) {
		struct rte_mbuf *mbuf = hold->frame[i];

		/* Its checksums were verified when it arrived. */
		toe_segment_parse(mbuf, hold->key.port,
		        worker->engine.shared->ports[mbuf->port].role == TOE_PORT_HOST, false,
		        &segment);
		if (toe_receive_segment(worker, conn, &segment, mbuf))
			rte_pktmbuf_free(mbuf);
	}
	toe_hold_free(worker, hold);
}

/*
 * Does a segment only continue the one before it in the burst? Text behind text, everything else in the headers as it was;
 * timestamps may have moved on.
 */
static inline bool
is_continued(const struct toe_segment *first, const struct toe_segment *next)
{
	return next->seq == first->seq + first->length && first->length > 0 && next->length > 0 &&
	       next->ack == first->ack && next->window == first->window &&
	       ((first->tcp_flags | next->tcp_flags) & ~RTE_TCP_PSH_FLAG) == RTE_TCP_ACK_FLAG &&
	       next->has_timestamps == first->has_timestamps &&
	       (int32_t)(next->tsval - first->tsval) >= 0 && (first->sacks | next->sacks) == 0 &&
	       next->ecn == first->ecn && next->vlan == first->vlan &&
	       next->destination == first->destination;
}

/* Not in our table: another worker's tuple, or nobody's. */
static void
forward_miss(struct toe_worker *worker, const struct toe_segment *segment, struct rte_mbuf *mbuf)
{
	const struct toe_flow_key *key = &segment->key;
	uint32_t owner = worker->engine.index;

	if (worker->engine.shared->worker_count > 1)
		owner = toe_owner(toe_tuple_hash(key->local, key->remote, key->family == 4 ? 4 : 16,
		                          key->local_port, key->remote_port),
		        worker->engine.shared->worker_count);
	if (owner == worker->engine.index) {
		toe_exception_forward(worker, mbuf, mbuf->port);
	} else if (rte_ring_sp_enqueue(worker->steer_to[owner], mbuf) == 0) {
		worker->engine.stats.steered++;
	} else {
		worker->engine.stats.steer_dropped++;
		rte_pktmbuf_free(mbuf);
	}
}

/* RX-1, RX-2, RX-5. Where nothing is offloaded, bad frames are the host's too. */
static void
forward_other(struct toe_worker *worker, const struct toe_segment *segment, struct rte_mbuf *mbuf)
{
	if (segment->verdict == TOE_SEGMENT_BAD && segment->bad_sum) {
		worker->engine.stats.rx_bad_checksums++;
		worker->seen[mbuf->port].bad_checksums++;
	}
	if (segment->verdict == TOE_SEGMENT_BAD && worker->params.drop_bad &&
	        worker->engine.stats.connections > 0) {
		worker->engine.stats.rx_bad_dropped++;
		if (segment->key.family != 0 && !is_from_host(worker, mbuf))
			toe_mib_bad(
			        toe_engine_mib(&worker->engine, mbuf->port, segment->key.family),
			        segment);
		rte_pktmbuf_free(mbuf);
	} else {
		toe_exception_forward(worker, mbuf, mbuf->port);
	}
}

static inline void
parse_one(struct toe_worker *worker, struct rte_mbuf *mbuf, bool check, struct toe_segment *segment)
{
	const struct toe_port *port = &worker->engine.shared->ports[mbuf->port];
	bool from_host = port->role == TOE_PORT_HOST;

	/* Headers must lie in the first segment of a chain; if they do not, they count as truncated. */
	if (unlikely(mbuf->nb_segs > 1 && mbuf->data_len < HEADERS_MAX))
		rte_pktmbuf_linearize(mbuf);
	toe_segment_parse(
	        mbuf, from_host ? port->peer : mbuf->port, from_host, check && !from_host, segment);
}

static void
burst_parse(struct toe_worker *worker, struct burst *burst)
{
	struct rte_mbuf **frame = burst->frame;

	for (uint32_t i = 0; i < RTE_MIN(burst->n, PREFETCH_DATA); i++)
		rte_prefetch0(rte_pktmbuf_mtod(frame[i], void *));
	for (uint32_t i = 0; i < burst->n; i++) {
		if (i + PREFETCH_MBUF < burst->n)
			rte_prefetch0(frame[i + PREFETCH_MBUF]);
		if (i + PREFETCH_DATA < burst->n)
			rte_prefetch0(rte_pktmbuf_mtod(frame[i + PREFETCH_DATA], void *));
		parse_one(worker, frame[i], burst->check, &burst->segment[i]);
	}
}

static inline bool
same_key(const struct toe_flow_key *a, const struct toe_flow_key *b)
{
	uint64_t x[sizeof(*a) / sizeof(uint64_t)], y[sizeof(*a) / sizeof(uint64_t)], different = 0;

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (uint32_t i = 0; i < RTE_DIM(x); i++)
		different |= x[i] ^ y[i];
	return different == 0;
}

/* Look all good segments up at once, those of one connection in a row only once. */
static void
burst_lookup(struct toe_worker *worker, struct burst *burst)
{
	const struct toe_flow_key *key[TOE_RX_BURST];
	int32_t found[TOE_RX_BURST];
	uint8_t position[TOE_RX_BURST]; /* of a segment's key */
	uint32_t conn[TOE_RX_BURST], keys = 0, conns = 0;

	for (uint32_t i = 0; i < burst->n; i++) {
		const struct toe_segment *segment = &burst->segment[i];

		if (unlikely(segment->verdict != TOE_SEGMENT_OK))
			continue;
		if (keys == 0 || !same_key(key[keys - 1], &segment->key))
			key[keys++] = &segment->key;
		position[i] = (uint8_t)(keys - 1);
	}
	toe_flow_lookup_bulk(&worker->flows, key, keys, found);
	for (uint32_t i = 0; i < keys; i++)
		if (likely(found[i] >= 0 && !(found[i] & TOE_FLOW_HELD_BIT)))
			conn[conns++] = (uint32_t)found[i];
	toe_fetch_all(&worker->engine, conn, conns);
	for (uint32_t i = 0; i < burst->n; i++)
		if (likely(burst->segment[i].verdict == TOE_SEGMENT_OK))
			burst->result[i] = found[position[i]];
}

/*
 * Segments that only continue the one before, which has been processed, go through input in one pass with it. Returns
 * how many; those that are done with are appended to `done`.
 */
static uint32_t
burst_continue(struct toe_worker *worker, struct burst *burst, uint32_t i, struct rte_mbuf **done,
        uint32_t *freed)
{
	uint32_t index = (uint32_t)burst->result[i], n = 0;
	const struct toe_neighbor *neighbor;

	/* Most often the next one is another connection's. */
	if (i + 1 == burst->n || burst->segment[i + 1].verdict != TOE_SEGMENT_OK ||
	        burst->result[i + 1] != burst->result[i])
		return 0;
	neighbor = neighbor_of(worker, &worker->engine.conns[index]);
	if (is_from_host(worker, burst->frame[i]) || !mac_matches(neighbor, &burst->segment[i]) ||
	        !vlan_matches(neighbor, &burst->segment[i]))
		return 0;
	for (i++; i < burst->n; i++, n++) {
		const struct toe_segment *segment = &burst->segment[i];
		struct rte_mbuf *mbuf = burst->frame[i];
		enum toe_input input;

		if (segment->verdict != TOE_SEGMENT_OK ||
		        burst->result[i] != burst->result[i - 1] ||
		        mbuf->port != burst->frame[i - 1]->port ||
		        !is_continued(segment - 1, segment) ||
		        !toe_tcp_input_next(&worker->engine, index, segment, mbuf, &input))
			break;
		if (is_done(worker, segment, input, mbuf))
			done[(*freed)++] = mbuf;
	}
	return n;
}

static void
burst_run(struct toe_worker *worker, struct burst *burst)
{
	struct rte_mbuf *done[TOE_RX_BURST];
	uint32_t freed = 0, looked = 0;

	burst_parse(worker, burst);
	burst_lookup(worker, burst);
	for (uint32_t i = 0; i < burst->n; i++) {
		const struct toe_segment *segment = &burst->segment[i];
		struct rte_mbuf *mbuf = burst->frame[i];
		int32_t result = burst->result[i];

		/* An invalidate does not wait for the rest of the burst: between two segments nothing is half done. */
		if (i - looked >= TOE_LOOK_FRAMES) {
			toe_worker_urgent(worker);
			looked = i;
		}
		if (unlikely(segment->verdict != TOE_SEGMENT_OK))
			forward_other(worker, segment, mbuf);
		else if (unlikely(result < 0))
			forward_miss(worker, segment, mbuf);
		else if (unlikely(result & TOE_FLOW_HELD_BIT))
			toe_hold_queue(worker, (uint32_t)(result & ~TOE_FLOW_HELD_BIT), mbuf);
		else {
			if (toe_receive_segment(worker, (uint32_t)result, segment, mbuf))
				done[freed++] = mbuf;
			i += burst_continue(worker, burst, i, done, &freed);
		}
	}
	rte_pktmbuf_free_bulk(done, freed);
}

static uint32_t
receive_port(struct toe_worker *worker, uint16_t index)
{
	struct toe_port *port = &worker->engine.shared->ports[index];
	struct rte_mbuf *frame[TOE_RX_BURST];
	struct burst burst; /* large: set member by member */

	if (worker->engine.index >= port->rx_queues ||
	        atomic_load_explicit(&port->hold, memory_order_acquire))
		return 0;
	burst.n =
	        rte_eth_rx_burst(port->ethdev, (uint16_t)worker->engine.index, frame, TOE_RX_BURST);
	if (burst.n == 0)
		return 0;
	burst.frame = frame;
	burst.check = worker->params.check_checksums;
	for (uint32_t i = 0; i < burst.n; i++)
		frame[i]->port = index;
	worker->engine.stats.rx_frames += burst.n;
	worker->seen[index].frames += burst.n;
	burst_run(worker, &burst);
	return burst.n;
}

static uint32_t
receive_steered(struct toe_worker *worker, struct rte_ring *ring)
{
	struct rte_mbuf *frame[TOE_RX_BURST];
	struct burst burst;

	burst.n = rte_ring_sc_dequeue_burst(ring, (void **)frame, TOE_RX_BURST, NULL);
	if (burst.n == 0)
		return 0;
	burst.frame = frame;
	burst.check = false; /* the sender has done it */
	burst_run(worker, &burst);
	return burst.n;
}

uint32_t
toe_worker_receive(struct toe_worker *worker)
{
	uint32_t frames = 0, n;

	for (uint32_t i = 0; i < worker->engine.shared->port_count; i++) {
		n = receive_port(worker, (uint16_t)i);
		frames += n;
		if (n > 0)
			toe_worker_urgent(worker);
	}
	for (uint32_t i = 0; i < worker->engine.shared->worker_count; i++) {
		if (worker->steer.from[i] == NULL)
			continue;
		n = receive_steered(worker, worker->steer.from[i]);
		frames += n;
		if (n > 0)
			toe_worker_urgent(worker);
	}
	return frames;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of new state. */
#include "initiate_check.h"

#define VLAN_ID_MAX 4094u
#define WINDOW_SCALE_MAX 14u
#define MTU_IPV4_MIN 68u
#define MTU_IPV6_MIN 1280u
#define MTU_MAX 65535u

enum offload_status
initiate_neighbor_check(const struct chimney *target, const struct offload_block_list *block)
{
	const struct neighbor_const *constant = offload_block_const(block);
	const struct toe_shared *shared = target->shared;

	if (block->port >= shared->port_count || shared->ports[block->port].role != TOE_PORT_WIRE ||
	        constant->vlan_id > VLAN_ID_MAX)
		return OFFLOAD_FAILURE;
	if (constant->vlan_id == 0 || target->params.vlan_count == 0)
		return OFFLOAD_SUCCESS;
	for (uint32_t i = 0; i < target->params.vlan_count; i++)
		if (target->params.vlans[i] == constant->vlan_id)
			return OFFLOAD_SUCCESS;
	return OFFLOAD_VLAN_MISMATCH;
}

enum offload_status
path_mtu_check(uint32_t mtu, uint8_t family, uint16_t port_mtu)
{
	uint32_t least = family == 4 ? MTU_IPV4_MIN : MTU_IPV6_MIN;

	if (mtu < least || mtu > MTU_MAX || (port_mtu != 0 && mtu > port_mtu))
		return OFFLOAD_PATH_MTU;
	return OFFLOAD_SUCCESS;
}

static bool
state_has_fin_out(uint32_t state)
{
	return state == TCP_FIN_WAIT_1 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

static bool
state_fits(uint32_t state)
{
	return state < TCP_STATE_COUNT && (INITIATE_STATES >> state & 1);
}

/* Is there nothing outstanding that the target could not send again, or deliver? */
static bool
data_fits(const struct offload_block_list *block)
{
	const struct tcp_const *constant = offload_block_const(block);
	const struct tcp_delegated *delegated = offload_block_delegated(block);
	uint32_t outstanding = delegated->snd_max - delegated->snd_una;
	uint32_t sent = delegated->snd_nxt - delegated->snd_una;

	if (sent > outstanding || outstanding > INT32_MAX)
		return false;
	/* A FIN takes one sequence number and no data. */
	if (outstanding > 0 && state_has_fin_out(delegated->state))
		outstanding--;
	if (outstanding > 0 && constant->service != OFFLOAD_SERVICE_SOURCE)
		return false;
	return block->send_chain == NULL && delegated->send_data_head == NULL &&
	       delegated->buffered_data == NULL && delegated->receive_backlog_size == 0;
}

/* What both ends agreed on, and what the host wants of the target. */
static bool
constant_fits(const struct tcp_const *constant)
{
	if ((constant->flags & ~INITIATE_OPTIONS) ||
	        (constant->extensions & ~INITIATE_EXTENSIONS) ||
	        constant->service >= OFFLOAD_SERVICE_COUNT ||
	        constant->congestion >= OFFLOAD_CC_COUNT)
		return false;
	/* Without marks DCTCP would see no congestion but losses. */
	if (constant->congestion == OFFLOAD_CC_DCTCP && !(constant->flags & TCP_OPTION_ECN))
		return false;
	/* 0: the peer sent no such option. Less than INITIATE_MSS_MIN makes headers of the whole link. */
	if (constant->remote_mss != 0 && constant->remote_mss < INITIATE_MSS_MIN)
		return false;
	return constant->snd_wnd_scale <= WINDOW_SCALE_MAX &&
	       constant->rcv_wnd_scale <= WINDOW_SCALE_MAX;
}

/* Larger ones cannot be offered, and comparing sequence numbers would fail. */
static bool
windows_fit(const struct tcp_delegated *delegated)
{
	return delegated->rcv_wnd <= INITIATE_WINDOW_MAX &&
	       delegated->snd_wnd <= INITIATE_WINDOW_MAX &&
	       delegated->max_snd_wnd <= INITIATE_WINDOW_MAX;
}

enum offload_status
initiate_tcp_check(const struct offload_block_list *block)
{
	const struct tcp_const *constant = offload_block_const(block);
	const struct tcp_delegated *delegated = offload_block_delegated(block);

	if (!state_fits(delegated->state) || !constant_fits(constant) || !windows_fit(delegated) ||
	        !data_fits(block))
		return OFFLOAD_FAILURE;
	return OFFLOAD_SUCCESS;
}

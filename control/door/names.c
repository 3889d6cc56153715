/* SPDX-License-Identifier: BSD-3-Clause */
/* Names for people. */
#include <rte_common.h>

#include "chimney.h"

static const char *
name_at(const char *const *names, uint32_t count, uint32_t i)
{
	return i < count && names[i] != NULL ? names[i] : "?";
}

const char *
offload_status_name(uint32_t status)
{
	static const char *const names[OFFLOAD_STATUS_COUNT] = {
	        [OFFLOAD_SUCCESS] = "SUCCESS",
	        [OFFLOAD_PARTIAL_SUCCESS] = "PARTIAL_SUCCESS",
	        [OFFLOAD_FAILURE] = "FAILURE",
	        [OFFLOAD_RESOURCES] = "RESOURCES",
	        [OFFLOAD_TCP_ENTRIES] = "TCP_ENTRIES",
	        [OFFLOAD_PATH_ENTRIES] = "PATH_ENTRIES",
	        [OFFLOAD_NEIGHBOR_ENTRIES] = "NEIGHBOR_ENTRIES",
	        [OFFLOAD_HW_ADDRESS_ENTRIES] = "HW_ADDRESS_ENTRIES",
	        [OFFLOAD_IP_ADDRESS_ENTRIES] = "IP_ADDRESS_ENTRIES",
	        [OFFLOAD_TCP_XMIT_BUFFER] = "TCP_XMIT_BUFFER",
	        [OFFLOAD_TCP_RCV_BUFFER] = "TCP_RCV_BUFFER",
	        [OFFLOAD_TCP_RCV_WINDOW] = "TCP_RCV_WINDOW",
	        [OFFLOAD_VLAN_ENTRIES] = "VLAN_ENTRIES",
	        [OFFLOAD_VLAN_MISMATCH] = "VLAN_MISMATCH",
	        [OFFLOAD_PATH_MTU] = "PATH_MTU",
	        [OFFLOAD_CONNECTION_REJECTED] = "CONNECTION_REJECTED",
	        [OFFLOAD_REQUEST_ABORTED] = "REQUEST_ABORTED",
	        [OFFLOAD_UPLOAD_IN_PROGRESS] = "UPLOAD_IN_PROGRESS",
	        [OFFLOAD_INVALID_STATE] = "INVALID_STATE",
	        [OFFLOAD_PENDING] = "PENDING",
	};

	return name_at(names, RTE_DIM(names), status);
}

const char *
tcp_state_name(uint32_t state)
{
	static const char *const names[TCP_STATE_COUNT] = {
	        [TCP_CLOSED] = "CLOSED",
	        [TCP_LISTEN] = "LISTEN",
	        [TCP_SYN_SENT] = "SYN_SENT",
	        [TCP_SYN_RCVD] = "SYN_RCVD",
	        [TCP_ESTABLISHED] = "ESTABLISHED",
	        [TCP_FIN_WAIT_1] = "FIN_WAIT_1",
	        [TCP_FIN_WAIT_2] = "FIN_WAIT_2",
	        [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
	        [TCP_CLOSING] = "CLOSING",
	        [TCP_LAST_ACK] = "LAST_ACK",
	        [TCP_TIME_WAIT] = "TIME_WAIT",
	};

	return name_at(names, RTE_DIM(names), state);
}

const char *
retrieve_reason_name(uint32_t reason)
{
	static const char *const names[RETRIEVE_REASON_COUNT] = {
	        [RETRIEVE_NONE] = "NONE",
	        [RETRIEVE_HARDWARE_FAILURE] = "HARDWARE_FAILURE",
	        [RETRIEVE_INVALID_STATE] = "INVALID_STATE",
	        [RETRIEVE_RECEIVED_URGENT_DATA] = "RECEIVED_URGENT_DATA",
	        [RETRIEVE_TIMEOUT_EXPIRATION] = "TIMEOUT_EXPIRATION",
	        [RETRIEVE_UPLOAD_REQUESTED] = "UPLOAD_REQUESTED",
	        [RETRIEVE_HIGH_DROP_RATE] = "HIGH_DROP_RATE",
	        [RETRIEVE_HIGH_FRAGMENTATION] = "HIGH_FRAGMENTATION",
	        [RETRIEVE_HIGH_OUT_OF_ORDER_PACKETS] = "HIGH_OUT_OF_ORDER_PACKETS",
	        [RETRIEVE_LOW_ACTIVITY] = "LOW_ACTIVITY",
	        [RETRIEVE_NO_BUFFER_PREPOSTING] = "NO_BUFFER_PREPOSTING",
	        [RETRIEVE_SMALL_IO] = "SMALL_IO",
	};

	return name_at(names, RTE_DIM(names), reason);
}

const char *
chimney_request_name(uint32_t request)
{
	static const char *const names[CHIMNEY_REQUEST_COUNT] = {
	        [CHIMNEY_INITIATE] = "initiate",
	        [CHIMNEY_QUERY] = "query",
	        [CHIMNEY_UPDATE] = "update",
	        [CHIMNEY_INVALIDATE] = "invalidate",
	        [CHIMNEY_TERMINATE] = "terminate",
	};

	return name_at(names, RTE_DIM(names), request);
}

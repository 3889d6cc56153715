/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of named variables: into the structures, and out of them. */
#include "names.h"

#include <stdio.h>
#include <string.h>

const char *const name_states[TCP_STATE_COUNT] = {
        [TCP_CLOSED] = "closed",
        [TCP_LISTEN] = "listen",
        [TCP_SYN_SENT] = "syn-sent",
        [TCP_SYN_RCVD] = "syn-rcvd",
        [TCP_ESTABLISHED] = "established",
        [TCP_FIN_WAIT_1] = "fin-wait-1",
        [TCP_FIN_WAIT_2] = "fin-wait-2",
        [TCP_CLOSE_WAIT] = "close-wait",
        [TCP_CLOSING] = "closing",
        [TCP_LAST_ACK] = "last-ack",
        [TCP_TIME_WAIT] = "time-wait",
};

static uint8_t *
place(const struct name *name, const struct homes *homes)
{
	const void *home[] = {
	        [HOME_CONST] = homes->constant,
	        [HOME_CACHED] = homes->cached,
	        [HOME_DELEGATED] = homes->delegated,
	        [HOME_PARAMS] = homes->params,
	        [HOME_PLAY] = homes->play,
	        [HOME_STATS] = homes->stats,
	};

	return (uint8_t *)(uintptr_t)home[name->home] + name->offset;
}

static uint64_t
load(const struct name *name, const struct homes *homes)
{
	uint64_t value = 0;

	memcpy(&value, place(name, homes), name->size); /* little endian */
	return value;
}

static void
store(const struct name *name, const struct homes *homes, uint64_t value)
{
	memcpy(place(name, homes), &value, name->size);
}

void
name_set(const struct name *name, const struct homes *homes, const int64_t range[2])
{
	uint64_t value = (uint64_t)range[0];

	switch (name->kind) {
	case KIND_OURS:
		value += homes->play->ours;
		break;
	case KIND_PEERS:
		value += homes->play->peer;
		break;
	case KIND_EIGHTHS:
		value *= 8;
		break;
	case KIND_QUARTERS:
		value *= 4;
		break;
	case KIND_FLAG:
		value = (load(name, homes) & ~(uint64_t)name->bit) | (value ? name->bit : 0);
		break;
	case KIND_SERVICE:
		homes->constant->service_bytes = (uint64_t)range[1];
		break;
	case KIND_SCALE:
		homes->constant->rcv_wnd_scale = (uint8_t)range[1];
		homes->constant->flags |= TCP_OPTION_WINDOW_SCALE;
		break;
	case KIND_ISN:
		homes->play->peer = (uint32_t)range[1];
		break;
	default:
		break;
	}
	store(name, homes, value);
}

int64_t
name_get(const struct name *name, const struct homes *homes)
{
	uint64_t value = load(name, homes);

	switch (name->kind) {
	case KIND_OURS:
		return (int32_t)((uint32_t)value - homes->play->ours);
	case KIND_PEERS:
		return (int32_t)((uint32_t)value - homes->play->peer);
	case KIND_EIGHTHS:
		return (int64_t)value / 8;
	case KIND_QUARTERS:
		return (int64_t)value / 4;
	case KIND_TICKS:
		return (int32_t)value;
	case KIND_FLAG:
		return (value & name->bit) != 0;
	default:
		return (int64_t)value;
	}
}

const char *
name_text(const struct name *name, int64_t value, char *text, size_t size)
{
	if (name->kind == KIND_STATE && value >= 0 && value < TCP_STATE_COUNT)
		return name_states[value];
	if (name->kind == KIND_FLAG)
		return value ? "on" : "off";
	if (name->kind == KIND_TICKS && value == OFFLOAD_TIMER_OFF)
		return "off";
	if (name->kind == KIND_LIMIT && value == UINT32_MAX)
		return "none";
	snprintf(text, size, "%lld", (long long)value);
	return text;
}

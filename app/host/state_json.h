/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of objects as JSON: names of CTX-5 with the unit behind them, addresses as people write them. */
#ifndef APP_STATE_JSON_H
#define APP_STATE_JSON_H

#include <stdint.h>

#include <jansson.h>

#include "objects.h"
#include "offload_state.h"

json_t *json_mac(const uint8_t mac[6]);
json_t *json_address(const uint8_t *address, uint8_t family);
/* Each sets members of `row`; state NULL: nothing. Ticks are ms: the CLI registers with 1000 a second. */
void state_neighbor(json_t *row, const struct neighbor_const *constant,
        const struct neighbor_cached *cached, const struct neighbor_delegated *delegated);
/* Identity of an object as the host knows it: addresses, ports, what it hangs from. */
void state_identity(json_t *row, const struct object *object);
void state_tcp_const(json_t *row, const struct tcp_const *constant);
void state_tcp_cached(json_t *row, const struct tcp_cached *cached);
void state_tcp_delegated(json_t *row, const struct tcp_delegated *delegated);

#endif

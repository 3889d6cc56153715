/* SPDX-License-Identifier: BSD-3-Clause */
/* The five kinds of requests. */
#include "request.h"

const struct request_kind *const request_kinds[CHIMNEY_REQUEST_COUNT] = {
        [CHIMNEY_INITIATE] = &initiate_kind,
        [CHIMNEY_QUERY] = &query_kind,
        [CHIMNEY_UPDATE] = &update_kind,
        [CHIMNEY_INVALIDATE] = &invalidate_kind,
        [CHIMNEY_TERMINATE] = &terminate_kind,
};

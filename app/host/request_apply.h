/* SPDX-License-Identifier: BSD-3-Clause */
/* A tree that came back: what it means for the objects, and the rows of the report. */
#ifndef APP_REQUEST_APPLY_H
#define APP_REQUEST_APPLY_H

#include "host_request.h"

/* Go on at request->at; false when the slice is over before the last block. */
bool request_apply(struct host_request *request, const struct slice *slice);
/* It was never submitted: what it would have offloaded is gone. All at once. */
void request_drop_rising(struct host_request *request);

#endif

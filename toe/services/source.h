/* SPDX-License-Identifier: BSD-3-Clause */
/* The source: a fixed pattern (service.h), computed again for a retransmission, so that nothing is stored. */
#ifndef TOE_SOURCE_H
#define TOE_SOURCE_H

#include "text_copy.h"

/* `length` bytes from stream offset `offset` on. */
void source_copy(uint64_t offset, struct text_copy *copy, uint32_t length);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters that are rare. */
#include "mib.h"

void
toe_mib_bad(struct toe_mib *mib, const struct toe_segment *segment)
{
	mib->octets_in += segment->octets;
	if (segment->fault == TOE_FAULT_TCP)
		mib->tcp_errors++;
	else if (segment->fault == TOE_FAULT_TRUNCATED)
		mib->truncated++;
	else
		mib->header_errors++;
}

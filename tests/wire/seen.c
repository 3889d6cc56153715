/* SPDX-License-Identifier: BSD-3-Clause */
/* What an end sends, as it is seen behind its port. */
#include "seen.h"

#include <string.h>

#include "tcp_facts.h"

const char *
seen_frame(struct seen *seen, const struct toe_segment *segment, bool is_lost, bool probe)
{
	uint32_t from = segment->seq - seen->start, to = from + tcp_span(segment);
	const char *wrong = NULL;

	seen->frames++;
	if (to == from)
		return NULL;
	if (to > sizeof(seen->there) || from > seen->next)
		return "text that nobody has, or behind a hole";
	seen->again += from < seen->next;
	for (uint32_t at = from; at < to; at++) {
		if (seen->there[at] && !probe)
			wrong = "needless: it had left and was not lost";
		seen->there[at] = !is_lost;
	}
	seen->next = RTE_MAX(seen->next, to);
	return wrong;
}

void
seen_timeouts(struct seen *seen, uint64_t timeouts)
{
	if (timeouts != seen->timeouts)
		memset(seen->there, 0, sizeof(seen->there));
	seen->timeouts = timeouts;
}

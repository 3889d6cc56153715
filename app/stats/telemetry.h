/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-only endpoints of rte_telemetry under /chimney/, for the ecosystem's own tools. Their callbacks run
 * on a thread of EAL's: they read counters, and touch nothing.
 */
#ifndef APP_TELEMETRY_H
#define APP_TELEMETRY_H

struct event_totals;
struct program;

/* Register the endpoints; both must live until telemetry_close. 0 or -1 (said). Without --no-telemetry EAL serves them. */
int telemetry_open(const struct program *program, const struct event_totals *events);
/* From here on the endpoints answer with an error. Returns when no callback is in them. */
void telemetry_close(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-only endpoints of rte_telemetry under /chimney/, for the ecosystem's own tools. Their callbacks run
 * on a thread of EAL's: they read counters, and touch nothing.
 */
#ifndef APP_TELEMETRY_H
#define APP_TELEMETRY_H

struct app;

/* Register the endpoints. 0 or -1 (said). Without --no-telemetry EAL serves them. */
int telemetry_open(struct app *app);
/* From here on the endpoints answer with an error. Returns when no callback is in them. */
void telemetry_close(struct app *app);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait for indications of connections: asked back, FIN received, aborted. */
#ifndef APP_INDICATIONS_H
#define APP_INDICATIONS_H

#include "selection.h"
#include "session.h"

enum indication_kind { INDICATED_RETRIEVE, INDICATED_DISCONNECT, INDICATED_ABORT };

/* The session replies when every object selected has been indicated, or is gone. Takes the selection over. */
void wait_indications(struct session *session, enum indication_kind kind,
        struct selection *selection, uint64_t timeout_ms);

#endif

/* The words of a campaign into the ledger, before they are approved or sent. */
#ifndef DESK_DOCUMENTS_H
#define DESK_DOCUMENTS_H

#include "cli/session.h"
#include "model/manifest.h"

/* Keeps every text of the manifest (letters, facts, the campaign's file; never people) under its
 * hash, long ones in pieces. What is kept already costs nothing. */
MUST_CHECK int documents_keep(struct session *s, const struct manifest *m, struct error *err);

#endif

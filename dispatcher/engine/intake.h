/*
 * Intake: from the text of a notice to rows in the ledger. Everything that can be wrong with a
 * notice is found here, before the first message leaves: its JSON, its route, its language, its
 * variables.
 */
#ifndef ENGINE_INTAKE_H
#define ENGINE_INTAKE_H

#include "base/error.h"
#include "engine/setup.h"
#include "ledger/ledger.h"
#include "model/job.h"
#include "model/batch.h"
#include "policy/route.h"

/* A notice that can be accepted: what it is, and how it will go. */
struct intake_plan {
    struct job *job;
    struct route route;
    const char *category; /* as category_of() says; borrowed */
    int template_index;
    const char *locale; /* the letter's language, borrowed from the library */
    bool fallback;      /* it is not the one that was asked for */
};

/*
 * Reads and checks one job text against the setup. `shown` is how messages call the file. ERR_INPUT
 * with file:line:column and what to do; then nothing is left in *out. ERR_CONFIG the same where
 * only its letter is to blame, which was left out for a mistake: it may be right as soon as that is
 * mended. Clear with intake_plan_clear().
 */
MUST_CHECK int intake_plan(const struct setup *s, const char *text, size_t len, const char *shown,
                           int first_line, struct intake_plan *out, struct error *err);
/* Where the text of a job stands, for messages: file:line:column. */
struct intake_source {
    const char *text;
    size_t len;
    const char *shown;
    int first_line;
};
/* The same of a job already parsed (a batch's line, read against its batch). The job belongs to the
 * plan from now on; if it cannot be accepted it is gone. */
MUST_CHECK int intake_plan_job(const struct setup *s, struct job *job,
                               const struct intake_source *from, struct intake_plan *out,
                               struct error *err);
void intake_plan_clear(struct intake_plan *plan);

/* The delivery on the plan's channel `index`: due when it may be sent, within the hours of its
 * transport and of `window` (its batch's; NULL: none) in the recipient's zone. Texts are borrowed
 * from the plan and the setup. */
void intake_plan_delivery(const struct setup *s, const struct intake_plan *plan, size_t index,
                          const struct send_window *window, int64_t now_ms,
                          struct planned_delivery *out);

/* Writes a plan into the ledger, inside the caller's transaction. */
MUST_CHECK int intake_accept(struct ledger *l, const struct setup *s,
                             const struct intake_plan *plan, int64_t now_ms,
                             enum accept_result *out, struct error *err);

#endif

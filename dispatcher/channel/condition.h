/*
 * Conditions: before a message leaves, the sender's own system is asked whether it still should
 * ("has not answered yet", "card is not re-issued yet").
 *
 * Asked is an endpoint of the configuration, by its name: its url, secret, headers, time limit and
 * the rules about private addresses are those of webhooks. The request is a POST, signed like a
 * webhook, of
 *
 *     {"id":"reminder-2_c17","channel":"sms","template":"reminder","locale":"ko",
 *      "campaign":"reminder-2","reference":"7K2M9-QX4TD","recipient_id":"c17"}
 *
 * with null for what is not known. 200 with {"send":true} lets it go, 200 with {"send":false,
 * "reason":"..."} keeps it from going for good. Anything else, and silence, is no answer: it waits
 * and is asked again. Nothing leaves unasked, and a wrong address of the endpoint (404) keeps
 * nobody from being told for good.
 */
#ifndef CHANNEL_CONDITION_H
#define CHANNEL_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/disposition.h"
#include "model/settings.h"

/* Causes of what became of an attempt that was asked about. */
#define CONDITION_SKIP "condition"      /* it was said not to send it */
#define CONDITION_WAIT "condition_wait" /* nobody knows yet */

struct condition_question {
    const char *endpoint; /* its name */
    const char *id, *channel, *template_name, *locale;
    const char *campaign, *reference, *recipient_id; /* NULL if absent */
};

enum condition_word { CONDITION_GOES, CONDITION_SKIPPED, CONDITION_UNKNOWN };
struct condition_answer {
    enum condition_word word;
    struct disposition why; /* SKIPPED: suppressed; UNKNOWN: to be put off */
};

struct condition_asker;
/* Keeps connections between calls. The settings outlive it. */
MUST_CHECK int condition_open(const struct settings *s, struct condition_asker **out,
                              struct error *err);
void condition_close(struct condition_asker *asker);
/* All at once, and answered within `deadline_ms`. `now_ms` is the time that is signed. */
void condition_ask(struct condition_asker *asker, const struct condition_question *questions,
                   size_t count, int64_t deadline_ms, int64_t now_ms, struct condition_answer *out);

#endif

/* What explains a route: steps, each with the place that decided it. */
#ifndef OPERATOR_ROUTE_H
#define OPERATOR_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/yaml.h"
#include "engine/client.h"
#include "engine/intake.h"
#include "engine/setup.h"
#include "operator/route_expect.h"

/* Everything a step may be read from. Borrowed. */
struct route_scene {
    const struct invocation *inv;
    const struct setup *setup;
    const struct yaml_node *config; /* dispatcher.yaml, for its lines; NULL: it cannot be read */
    struct client *client;          /* NULL: there is no spool yet, so nothing is suppressed */
    const char *shown, *text;       /* the job */
    size_t len;
    int64_t now_ms;
    bool json;
    struct route_decisions *decisions; /* filled while it is explained */
};

/* Prints a step: in text "WHERE  SUBJECT  sentence" in the operator's language, with --json one
 * object. `where` NULL: nobody wrote it anywhere. */
void route_step(const struct route_scene *s, const char *where, const char *subject,
                const char *format, ...) PRINTF(4, 5);
/* "job.json:4" of a member; "rules.yaml:12" of a rule; "dispatcher.yaml:34" of transports.NAME, of
 * a member of it (NULL: itself), and of a key at the top. Appended to an empty buf. */
void route_put_job_place(const struct route_scene *s, const char *path, struct buf *out);
void route_put_rule_place(const struct route_scene *s, const struct rule *rule, struct buf *out);
void route_put_transport_place(const struct route_scene *s, const char *name, const char *member,
                               struct buf *out);
void route_put_config_place(const struct route_scene *s, const char *key, struct buf *out);

/* The steps of one channel of a plan, by its place in the route. */
void route_explain_channel(const struct route_scene *s, const struct intake_plan *plan,
                           size_t index);

#endif

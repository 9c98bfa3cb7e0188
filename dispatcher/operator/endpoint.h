/* What the commands about receivers of webhooks share. */
#ifndef OPERATOR_ENDPOINT_H
#define OPERATOR_ENDPOINT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/command.h"
#include "model/settings.h"

/* ERR_NOT_FOUND names the endpoints there are. Borrowed. */
MUST_CHECK int endpoint_find(const struct settings *s, const char *name,
                             const struct endpoint **out, struct error *err);

/* Where it stands: host and port alone, because a path often holds a token. */
void endpoint_put_host(struct buf *out, const struct endpoint *e);
const char *endpoint_format_name(const struct endpoint *e);
/* What of its secret is being replaced at `now_ms`; "-": nothing. */
void endpoint_put_rotation(const struct invocation *inv, struct buf *out, const struct endpoint *e,
                           int64_t now_ms);

struct json_t;
struct session;
/* Rows of the request `endpoints` as an array; drop it with json_free(). */
MUST_CHECK int endpoint_ask_known(struct session *s, struct json_t **out, struct error *err);
/* The row of this name; NULL if nothing was sent there yet. */
const struct json_t *endpoint_find_known(const struct json_t *known, const char *name);

#endif

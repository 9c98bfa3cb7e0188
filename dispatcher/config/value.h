/* From text to the member of a struct and back, one pair of functions per type of params.h. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "config/load.h"
#include "config/params.h"

/* Reads what was found for `setting` into its target; adds a problem if it cannot. */
void value_read(struct load *l, const struct setting *setting);
/* Appends the value its target holds now: for people (`not set`, secrets as ***) or as JSON. */
void value_show(const struct setting *setting, bool json, struct buf *out);

/* "30s", "5m", "2h", "14d", "500ms": a whole number and a unit. */
bool value_parse_duration(const char *text, int64_t *out_ms);
void value_put_duration(struct buf *out, int64_t ms);

#endif

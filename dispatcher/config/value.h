/* From text to the member of a struct and back, one pair of functions per type of params.h. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/load.h"
#include "config/params.h"

/* Reads what was found for `setting` into its target; adds a problem if it cannot. */
void value_read(struct load *l, const struct setting *setting);
/* Appends the value its target holds now: for people (`not set`, secrets as ***) or as JSON. */
void value_show(const struct setting *setting, bool json, struct buf *out);

#endif

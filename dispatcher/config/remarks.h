/* What can be read but would not work when it is used, or would surprise. It keeps no daemon from
 * starting: maybe nobody uses it. */
#ifndef CONFIG_REMARKS_H
#define CONFIG_REMARKS_H

#include "config/load.h"
#include "model/settings.h"

/* `file` is the place of what is missing. Files are looked at unless secrets stay unread too: then
 * the check is for another machine. */
void remarks_collect(struct load *l, struct place file, const struct settings *s);

#endif

/* The whole of reading, with what config_load() forgets and config_show() prints. */
#ifndef CONFIG_CONFIG_READ_H
#define CONFIG_CONFIG_READ_H

#include "config/load.h"
#include "model/settings.h"

/* Fills `s` and `l`, which the caller frees in any case. */
MUST_CHECK int config_read(const struct config_options *options, struct load *l, struct settings *s,
                           struct error *err);

#endif

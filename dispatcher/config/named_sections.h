/* The sections whose keys are names: organisation fields, roles, transports, endpoints. */
#ifndef CONFIG_NAMED_SECTIONS_H
#define CONFIG_NAMED_SECTIONS_H

#include "config/load.h"
#include "config/reader.h"
#include "model/settings.h"

/* `top` is the section of the whole file. */
void named_sections_read_organisation(struct load *l, const struct section *top,
                                      struct settings *s);
void named_sections_read_roles(struct load *l, const struct section *top, struct settings *s);
void named_sections_read_transports(struct load *l, const struct section *top, struct settings *s);
void named_sections_read_endpoints(struct load *l, const struct section *top, struct settings *s);

#endif

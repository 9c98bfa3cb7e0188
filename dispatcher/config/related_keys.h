/* What one key says about another: defaults that follow, and values that do not fit together. */
#ifndef CONFIG_RELATED_KEYS_H
#define CONFIG_RELATED_KEYS_H

#include "config/load.h"
#include "model/settings.h"

/* Fills what follows from other keys: control socket, outbox directories, domain, mail servers and
 * their ports, the public address of the interface. */
void related_keys_fill(const struct load *l, struct settings *s);
/* Adds a problem for everything that does not fit; `file` is the place of what is missing. */
void related_keys_check(struct load *l, struct place file, struct settings *s);

#endif

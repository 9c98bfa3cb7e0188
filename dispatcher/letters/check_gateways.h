/* Gateway descriptions, also those that no transport uses: whoever writes one wants to know. */
#ifndef LETTERS_CHECK_GATEWAYS_H
#define LETTERS_CHECK_GATEWAYS_H

#include "letters/check_scene.h"

/* All of the directory. */
void check_gateways(struct check_scene *s);
/* DIRECTORY/NAME.yaml */
void check_gateway_file(struct check_scene *s, const char *directory, const char *name);

#endif

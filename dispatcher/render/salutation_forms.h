/*
 * The forms of a salutation in a locale file, and the {{placeholders}} they may hold:
 *
 *   female, male   for whom gender and family name are known
 *   named          for everybody whose name is known
 *   anonymous      for nobody in particular
 *   second_female, second_male, second_named
 *                  what follows one of these for a second person
 *   both           one form for two people, where one form says it better
 */
#ifndef RENDER_SALUTATION_FORMS_H
#define RENDER_SALUTATION_FORMS_H

#include <stddef.h>

#include "base/error.h"

struct yaml_node;

enum placeholder {
    PLACEHOLDER_NAME, /* the whole name */
    PLACEHOLDER_TITLE,
    PLACEHOLDER_GIVEN_NAME,
    PLACEHOLDER_FAMILY_NAME,
    PLACEHOLDER_SECOND_NAME, /* in `both`: the whole name of the second person */
};
#define PLACEHOLDERS 5

/* The next {{name}} of a form at or behind `at`: where it begins and ends, and which it is (-1:
 * none we know). NULL if there is none. */
const char *salutation_next_placeholder(const char *at, int *out_which, const char **out_end);
/* Checks the map `salutation`; ERR_CONFIG with file:line:column. */
MUST_CHECK int salutation_check_forms(const struct yaml_node *map, const char *path,
                                      struct error *err);

#endif

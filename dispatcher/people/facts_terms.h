/* The data categories of fact sheets: letters know words for these and no others. */
#ifndef PEOPLE_FACTS_TERMS_H
#define PEOPLE_FACTS_TERMS_H

#include <stdbool.h>

#include "base/problems.h"
#include "base/yaml.h"
#include "render/library.h"

struct json_t;

/* Tells each that has no word, once a place, with the one that is meant. `library` NULL: nothing is
 * known of words. */
void facts_terms_check(const char *path, const struct yaml_node *root,
                       const struct library *library, struct problems *problems);
/* Is what is wrong at `pointer` of a notice ("/data/data_items/0") such a term? Then every language
 * would say it once more. */
bool facts_terms_told(const struct library *library, const struct json_t *data,
                      const char *pointer);

#endif

/* The names of the gateway descriptions of a directory. */
#ifndef CONFIG_GATEWAY_NAMES_H
#define CONFIG_GATEWAY_NAMES_H

#include <stddef.h>

/* Sorted; none without such a directory. Caller frees each and the list. */
void gateway_names_list(const char *directory, char ***out, size_t *out_count);
/* The one that was most likely meant, NULL if none is near. Caller frees. */
char *gateway_names_closest(const char *directory, const char *name);

#endif

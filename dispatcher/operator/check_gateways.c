#include "operator/check_gateways.h"

#include <stdlib.h>
#include <string.h>

#include "config/gateway_files.h"

/* A problem is a line that begins with its place. */
static void tell_lines(struct check_scene *s, const struct error *why)
{
    const char *at = why->text;
    while (*at != '\0') {
        struct error line;
        size_t len = strcspn(at, "\n");
        error_set(&line, why->code, "%.*s", (int)len, at);
        problems_add_failure(&s->problems, &line, "gateway");
        at += len + (at[len] == '\n' ? 1 : 0);
    }
}

void check_gateway_file(struct check_scene *s, const char *directory, const char *name)
{
    struct gateway *gateway = NULL;
    struct error why;
    if (gateway_files_read(directory, name, &gateway, &why) != 0)
        tell_lines(s, &why);
    gateway_free(gateway);
}

void check_gateways(struct check_scene *s)
{
    char **names;
    size_t count;
    gateway_files_list(s->settings->gateways, &names, &count);
    for (size_t i = 0; i < count; i++) {
        check_gateway_file(s, s->settings->gateways, names[i]);
        free(names[i]);
    }
    free(names);
}

#include "config/gateway_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "config/gateway.h"
#include "config/load.h"

#define ENDING ".yaml"

static int find(const char *directory, const char *name, struct error *err)
{
    struct buf file = {0};
    buf_printf(&file, "%s" ENDING, name);
    char *path = file_join(directory, buf_text(&file));
    int rc = strchr(name, '/') == NULL && access(path, F_OK) == 0
                 ? 0
                 : error_set(err, ERR_NOT_FOUND, "there is no gateway description %s in %s", name,
                             directory);
    free(path);
    buf_free(&file);
    return rc;
}

/* As a transport would name it that sets nothing. */
static int read_alone(struct load *l, const char *directory, char *name, struct gateway **out,
                      struct error *err)
{
    char key[] = "gateway";
    struct yaml_node named = {.kind = YAML_SCALAR, .key = key, .text = name};
    struct yaml_node *items[] = {&named};
    const struct yaml_node transport = {.kind = YAML_MAP, .items = items, .count = 1};
    const struct section section = {.file = "", .directory = "", .prefix = "", .map = &transport};
    gateway_read(l, &section, directory, true, out);
    return load_result(l, err);
}

int gateway_files_read(const char *directory, const char *name, struct gateway **out,
                       struct error *err)
{
    static const struct config_options options = {.without_secrets = true};
    struct load l = {.options = &options, .without_secrets = true};
    *out = NULL;
    int rc = find(directory, name, err);
    if (rc != 0)
        return rc;
    char *copy = xstrdup(name);
    rc = read_alone(&l, directory, copy, out, err);
    load_free(&l);
    free(copy);
    return rc;
}

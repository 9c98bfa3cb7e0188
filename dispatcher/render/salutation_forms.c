#include "render/salutation_forms.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"

static const char *const placeholders[PLACEHOLDERS] = {
    [PLACEHOLDER_NAME] = "name",
    [PLACEHOLDER_TITLE] = "title",
    [PLACEHOLDER_GIVEN_NAME] = "given_name",
    [PLACEHOLDER_FAMILY_NAME] = "family_name",
    [PLACEHOLDER_SECOND_NAME] = "second_name",
};

static int find_placeholder(const char *name, size_t len)
{
    for (int i = 0; i < PLACEHOLDERS; i++) {
        if (strlen(placeholders[i]) == len && memcmp(placeholders[i], name, len) == 0)
            return i;
    }
    return -1;
}

const char *salutation_next_placeholder(const char *at, int *out_which, const char **out_end)
{
    const char *open = strstr(at, "{{");
    const char *close = open == NULL ? NULL : strstr(open, "}}");
    if (close == NULL)
        return NULL;
    const char *first = open + 2, *last = close;
    while (first < last && *first == ' ')
        first++;
    while (last > first && last[-1] == ' ')
        last--;
    *out_which = find_placeholder(first, (size_t)(last - first));
    *out_end = close + 2;
    return open;
}

static int check_placeholder(const struct yaml_node *form, int which, const char *open,
                             const char *end, const char *path, struct error *err)
{
    bool both = strcmp(form->key, "both") == 0;
    if (which < 0)
        return yaml_fail(form, path, err,
                         "%.*s is not known in a salutation; it may hold {{name}}, {{title}}, "
                         "{{given_name}}, {{family_name}} and, in `both`, {{second_name}}",
                         (int)(end - open), open);
    if (which == PLACEHOLDER_SECOND_NAME && !both)
        return yaml_fail(form, path, err, "{{second_name}} can stand in the form `both` only");
    if (strcmp(form->key, "anonymous") == 0)
        return yaml_fail(form, path, err,
                         "the anonymous salutation is for people whose name is not known; it "
                         "cannot hold {{...}}");
    return 0;
}

static int check_form(const struct yaml_node *form, const char *path, struct error *err)
{
    const char *open, *at = form->text, *end;
    int which, rc = 0;
    if (form->kind != YAML_SCALAR || form->text[0] == '\0')
        return yaml_fail(form, path, err, "a salutation is a text: write one for %s", form->key);
    while (rc == 0 && (open = salutation_next_placeholder(at, &which, &end)) != NULL) {
        rc = check_placeholder(form, which, open, end, path, err);
        at = end;
    }
    return rc;
}

static int check_key(const struct yaml_node *form, const char *path, struct error *err)
{
    static const char *const names[] = {
        "female",        "male",        "named",        "anonymous",
        "second_female", "second_male", "second_named", "both",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(form->key, names[i]) == 0)
            return 0;
    }
    const char *closest = text_closest(form->key, names, COUNT_OF(names));
    return yaml_fail_key(form, path, err, "unknown key %s%s%s%s", form->key,
                         closest != NULL ? "; did you mean " : "", closest != NULL ? closest : "",
                         closest != NULL ? "?" : "");
}

int salutation_check_forms(const struct yaml_node *map, const char *path, struct error *err)
{
    if (map->kind != YAML_MAP)
        return yaml_fail(map, path, err, "%s must be a map of key: value lines", map->key);
    for (size_t i = 0; i < map->count; i++) {
        int rc = check_key(map->items[i], path, err);
        if (rc == 0)
            rc = check_form(map->items[i], path, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

#include "render/context.h"

#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/yaml.h"
#include "model/settings.h"

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new_nocheck(object, key, json_string_nocheck(text));
}

/* Sets a dotted key, making the objects on the way. */
static void set_dotted(json_t *object, const char *key, const char *text)
{
    for (size_t len; key[len = strcspn(key, ".")] != '\0'; key += len + 1) {
        json_t *inner = json_object_getn(object, key, len);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_setn_new_nocheck(object, key, len, inner);
        }
        object = inner;
    }
    set_text(object, key, text);
}

static void add_map(json_t *object, const struct yaml_node *map)
{
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        const struct yaml_node *member = map->items[i];
        if (member->kind == YAML_SCALAR) {
            set_text(object, member->key, member->text);
        } else if (member->kind == YAML_MAP) {
            json_t *inner = json_object();
            add_map(inner, member);
            json_object_set_new_nocheck(object, member->key, inner);
        }
    }
}

static void add_fields(json_t *org, const struct organisation *organisation, const char *locale)
{
    for (size_t i = 0; organisation != NULL && i < organisation->field_count; i++) {
        const struct organisation_field *field = &organisation->fields[i];
        if (text_equal(field->locale, locale))
            set_dotted(org, field->key, field->value);
    }
}

struct json_t *context_of_locale(const struct locale *locale,
                                 const struct organisation *organisation)
{
    json_t *context = json_object(), *org = json_object(), *words = json_object();
    add_fields(org, organisation, NULL);
    add_map(org, locale_map(locale, "org"));
    add_fields(org, organisation, locale_tag(locale));
    add_map(words, locale_map(locale, "words"));
    json_object_set_new_nocheck(context, "org", org);
    json_object_set_new_nocheck(context, "words", words);
    set_text(context, "lang", locale_tag(locale));
    set_text(context, "dir", locale_direction(locale));
    set_text(context, "closing", locale_closing(locale));
    return context;
}

struct json_t *context_of_job(const struct variable_set *variables, const struct locale *locale,
                              const struct job *job)
{
    json_t *context = json_object(), *to = json_object();
    struct buf salutation = {0};
    locale_put_salutation(locale, &job->to, &salutation);
    set_text(context, "salutation", buf_text(&salutation));
    buf_free(&salutation);
    set_text(to, "name", job->to.name != NULL ? job->to.name : "");
    set_text(to, "title", job->to.title);
    set_text(to, "given_name", job->to.given_name);
    set_text(to, "family_name", job->to.family_name);
    json_object_set_new_nocheck(context, "to", to);
    set_text(context, "id", job->id);
    set_text(context, "reference", job->reference);
    if (job->data != NULL)
        variables_resolve(variables, locale, job->data, context);
    return context;
}

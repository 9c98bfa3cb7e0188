#include "render/context.h"

#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/yaml.h"
#include "model/settings.h"
#include "render/escape.h"
#include "render/salutation.h"

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
            json_t *inner = json_object_get(object, member->key);
            inner = json_is_object(inner) ? json_incref(inner) : json_object();
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

/* The language's own words first, so that those of a region take their place. */
static void add_map_of(json_t *object, const struct locale *locale, const char *key)
{
    if (locale_base(locale) != NULL)
        add_map_of(object, locale_base(locale), key);
    add_map(object, locale_map(locale, key));
}

static void add_fields_of(json_t *org, const struct organisation *organisation,
                          const struct locale *locale)
{
    if (locale_base(locale) != NULL)
        add_fields_of(org, organisation, locale_base(locale));
    add_fields(org, organisation, locale_tag(locale));
}

struct json_t *context_of_locale(const struct locale *locale,
                                 const struct organisation *organisation)
{
    json_t *context = json_object(), *org = json_object(), *words = json_object();
    add_fields(org, organisation, NULL);
    add_map_of(org, locale, "org");
    add_fields_of(org, organisation, locale);
    add_map_of(words, locale, "words");
    json_object_set_new_nocheck(context, "org", org);
    json_object_set_new_nocheck(context, "words", words);
    set_text(context, "lang", locale_tag(locale));
    set_text(context, "dir", locale_direction(locale));
    set_text(context, "closing", locale_closing(locale));
    return context;
}

/* ---- people ---- */

/* A person's names without what a stranger may have hidden in them. Hardly any needs it: then
 * `view` points to what the job says. */
struct clean_person {
    struct person view;
    struct buf texts[4];
};

static char *clean(char *text, struct buf *own)
{
    if (text == NULL || escape_name_ok(text, strlen(text)))
        return text;
    escape_put_name(own, text, strlen(text));
    return own->len > 0 ? own->data : NULL;
}

static void clean_names(const struct person *p, struct clean_person *out)
{
    *out = (struct clean_person){.view = *p};
    out->view.name = clean(p->name, &out->texts[0]);
    out->view.title = clean(p->title, &out->texts[1]);
    out->view.given_name = clean(p->given_name, &out->texts[2]);
    out->view.family_name = clean(p->family_name, &out->texts[3]);
}

static void forget(struct clean_person *p)
{
    for (size_t i = 0; i < COUNT_OF(p->texts); i++)
        buf_free(&p->texts[i]);
}

static json_t *person_to_json(const struct person *p)
{
    json_t *person = json_object();
    set_text(person, "name", p->name != NULL ? p->name : "");
    set_text(person, "title", p->title);
    set_text(person, "given_name", p->given_name);
    set_text(person, "family_name", p->family_name);
    set_text(person, "gender", p->gender != NULL ? p->gender : "neutral");
    return person;
}

static void add_people(json_t *context, const struct locale *locale, const struct recipient *to)
{
    struct clean_person first, second;
    struct buf salutation = {0};
    clean_names(&(struct person){to->name, to->title, to->given_name, to->family_name, to->gender},
                &first);
    clean_names(&to->second, &second);
    salutation_put(locale, &first.view, &second.view, &salutation);
    set_text(context, "salutation", buf_text(&salutation));
    json_object_set_new_nocheck(context, "to", person_to_json(&first.view));
    buf_free(&salutation);
    forget(&first);
    forget(&second);
}

struct json_t *context_of_job(const struct variable_set *variables, const struct locale *locale,
                              const struct job *job)
{
    json_t *context = json_object();
    add_people(context, locale, &job->to);
    set_text(context, "id", job->id);
    set_text(context, "reference", job->reference);
    if (job->data != NULL)
        variables_resolve(variables, locale, job->data, context);
    return context;
}

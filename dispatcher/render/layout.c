#include "render/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "render/letter.h"
#include "render/program.h"
#include "render/template.h"
#include "render/template_names.h"

static struct layout *add_layout(struct layout_list *l, const char *directory, const char *name)
{
    struct buf file = {0};
    l->items = xreallocarray(l->items, l->count + 1, sizeof *l->items);
    buf_printf(&file, "%s.html", name);
    l->items[l->count] =
        (struct layout){.name = xstrdup(name), .file = file_join(directory, buf_text(&file))};
    buf_free(&file);
    return &l->items[l->count++];
}

static void check_names(const struct layout *layout, const struct layout_options *o)
{
    for (size_t i = 0; i < o->context_count && layout->program != NULL; i++) {
        struct names_options names = {.locale_context = o->contexts[i],
                                      .org_known = o->org_known,
                                      .layout = true,
                                      .problems = o->problems};
        names_check_program(layout->program, &names, NULL);
    }
}

static void load_layout(struct layout *layout, const struct layout_options *o)
{
    struct buf text = {0};
    struct error err = {0};
    int errors = o->problems->errors;
    struct program_options options = {
        .file = layout->file, .letter = true, .layout = true, .strict = true};
    if (letter_read_source(layout->file, o->problems, &text) == 0 &&
        program_compile(buf_text(&text), text.len, &options, &layout->program, &err) < 0)
        problems_add_failure(o->problems, &err, "tag");
    buf_free(&text);
    check_names(layout, o);
    layout->sound = o->problems->errors == errors;
}

static void load_apart(struct layout *layout, const struct layout_options *o)
{
    struct problems own = {.first = &layout->fault};
    struct layout_options alone = *o;
    alone.problems = &own;
    load_layout(layout, &alone);
}

void layout_list_load(const struct layout_options *options, struct layout_list *out)
{
    struct problems *problems = options->problems;
    char *directory = file_join(options->templates, "_layouts");
    int errors = problems->errors;
    struct name_list names;
    *out = (struct layout_list){0};
    name_list_read(directory, ".html", problems, &names);
    bool readable = problems->errors == errors;
    for (size_t i = 0; i < names.count; i++)
        add_layout(out, directory, names.names[i]);
    if (layout_find(out, LAYOUT_DEFAULT) == NULL)
        add_layout(out, directory, LAYOUT_DEFAULT); /* reading it says that it is missing */
    for (size_t i = 0; readable && i < out->count && !problems_stop_load(problems); i++) {
        if (options->apart)
            load_apart(&out->items[i], options);
        else
            load_layout(&out->items[i], options);
    }
    name_list_free(&names);
    free(directory);
}

void layout_list_free(struct layout_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        program_free(l->items[i].program);
        free(l->items[i].file);
        free(l->items[i].name);
    }
    free(l->items);
    *l = (struct layout_list){0};
}

const struct layout *layout_find(const struct layout_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i].name, name) == 0)
            return &l->items[i];
    return NULL;
}

const char *layout_closest(const struct layout_list *l, const char *name)
{
    const char **names = xcalloc(l->count + 1, sizeof *names);
    for (size_t i = 0; i < l->count; i++)
        names[i] = l->items[i].name;
    const char *closest = text_closest(name, names, l->count);
    free(names);
    return closest;
}

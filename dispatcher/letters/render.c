#include "letters/command_list.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "render/mustache.h"

static int read_choice(const struct invocation *inv, const char *name, const char *yes,
                       const char *no, bool fallback, bool *out, struct error *err)
{
    const char *value = option_value(inv, name);
    *out = fallback;
    if (value == NULL)
        return 0;
    if (strcmp(value, yes) != 0 && strcmp(value, no) != 0)
        return error_set(err, ERR_USAGE, "--%s is %s or %s, not \"%s\"", name, yes, no, value);
    *out = strcmp(value, yes) == 0;
    return 0;
}

static int run(const struct invocation *inv, struct error *err)
{
    struct buf out = {0};
    struct mustache_options options = {
        .template_path = option_value(inv, "template"),
        .data_path = option_value(inv, "data"),
        .partials = option_value(inv, "partials"),
    };
    if (options.template_path == NULL || options.data_path == NULL)
        return error_set(err, ERR_USAGE, "render needs --template FILE and --data FILE");
    int rc = read_choice(inv, "missing", "error", "empty", false, &options.missing_is_error, err);
    if (rc == 0)
        rc = read_choice(inv, "escape", "html", "none", true, &options.escape_html, err);
    if (rc == 0)
        rc = mustache_render(&options, &out, err);
    if (rc == 0)
        fwrite(buf_text(&out), 1, out.len, stdout);
    buf_free(&out);
    return rc;
}

static const struct option_row options[] = {
    {"template", 0, "FILE", "the Mustache template"},
    {"data", 0, "FILE", "the JSON it is filled with"},
    {"partials", 0, "DIR", "where {{> name}} finds name.mustache"},
    {"missing", 0, "error|empty", "what a missing name is (default: empty, as Mustache says)"},
    {"escape", 0, "html|none", "how {{name}} is escaped (default: html)"},
};

const struct command command_render = {
    .name = "render",
    .arguments = "",
    .summary = "fill a bare Mustache template and print the result",
    .example = "  dispatcher render --template page.mustache --data facts.json\n",
    .details = "Follows the Mustache specification: interpolation, sections, inverted sections, "
               "partials,\n"
               "comments, delimiters. Letters are previewed with `dispatcher preview`.",
    .options = options,
    .option_count = COUNT_OF(options),
    .no_json = "what the template says",
    .run = run,
};

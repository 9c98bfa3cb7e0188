#include "letters/test_send_people.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/address.h"

#define NAMES_MAX 64

/* ---- one address ---- */

static bool kind_of(const struct settings *s, const char *address, enum channel_kind *out)
{
    if (strchr(address, '@') != NULL)
        *out = CHANNEL_EMAIL;
    else if (address[0] == '+')
        *out = CHANNEL_SMS;
    else if (settings_find_endpoint(s, address) != NULL)
        *out = CHANNEL_WEBHOOK;
    else
        return false;
    return true;
}

static int check_address(enum channel_kind kind, const char *address, struct error *err)
{
    int rc = 0;
    if (kind == CHANNEL_EMAIL)
        rc = address_check_email(address, err);
    else if (kind == CHANNEL_SMS)
        rc = address_check_phone(address, err);
    return rc != 0 ? ERR_USAGE : 0;
}

static int add(const struct settings *s, struct test_people *p, const char *address, bool named,
               struct error *err)
{
    enum channel_kind kind = CHANNEL_EMAIL;
    if (!kind_of(s, address, &kind))
        return error_set(err, ERR_CONFIG,
                         "`testers` in %s has \"%s\", which is no e-mail address, no number like "
                         "+4915112345678 and no endpoint",
                         s->file, address);
    if (check_address(kind, address, err) != 0)
        return ERR_USAGE;
    if (!settings_allows(s, address))
        return error_set(err, ERR_DENIED,
                         "a test goes to people on the allow list alone, and %s is not on it; have "
                         "it added to `allow` in %s",
                         address, s->file);
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->items[i].address, address) == 0)
            return 0;
    }
    p->items = xreallocarray(p->items, p->count + 1, sizeof(*p->items));
    p->items[p->count++] =
        (struct test_person){.kind = kind, .address = xstrdup(address), .named = named};
    return 0;
}

/* ---- names ---- */

/* What stands behind "jana=" in the configuration; NULL: it is another's. */
static const char *address_of(const char *tester, const char *name)
{
    size_t len = strlen(name);
    return strncmp(tester, name, len) == 0 && tester[len] == '=' ? tester + len + 1 : NULL;
}

static int add_tester(const struct settings *s, struct test_people *p, const char *name,
                      bool *out_found, struct error *err)
{
    int rc = 0;
    *out_found = false;
    for (size_t i = 0; rc == 0 && i < s->tester_count; i++) {
        const char *address = address_of(s->testers[i], name);
        if (address == NULL)
            continue;
        *out_found = true;
        rc = add(s, p, address, false, err);
    }
    return rc;
}

/* Whoever became the daemon's user to be allowed to read its passwords is still themselves; the
 * allow list decides in any case. */
static const char *caller_name(void)
{
    const char *before = getenv("SUDO_USER");
    const struct passwd *user = getpwuid(getuid());
    if (before != NULL && before[0] != '\0')
        return before;
    return user != NULL ? user->pw_name : "me";
}

/* The one mailbox of the allow list, where there is but one. */
static const char *only_mailbox(const struct settings *s)
{
    const char *found = NULL;
    for (size_t i = 0; i < s->allow_count; i++) {
        bool mailbox = strchr(s->allow[i], '@') != NULL && strchr(s->allow[i], '*') == NULL;
        if (mailbox && found != NULL)
            return NULL;
        found = mailbox ? s->allow[i] : found;
    }
    return found;
}

static int add_me(const struct settings *s, struct test_people *p, struct error *err)
{
    bool found = false;
    int rc = add_tester(s, p, caller_name(), &found, err);
    if (rc != 0 || found)
        return rc;
    if (only_mailbox(s) != NULL)
        return add(s, p, only_mailbox(s), false, err);
    return error_set(err, ERR_USAGE,
                     "who is `me`? Have `testers: [%s=YOUR-ADDRESS]` added to %s, or write the "
                     "address itself: --to YOUR-ADDRESS",
                     caller_name(), s->file);
}

static int refuse_name(const struct settings *s, const char *name, struct error *err)
{
    const char *names[NAMES_MAX] = {0};
    char *copies[NAMES_MAX] = {0};
    size_t count = 0;
    for (; count < s->tester_count && count < NAMES_MAX; count++) {
        copies[count] = xstrndup(s->testers[count], strcspn(s->testers[count], "="));
        names[count] = copies[count];
    }
    const char *meant = text_closest(name, names, count);
    int rc =
        error_set(err, ERR_USAGE,
                  "\"%s\" is no e-mail address, no number like +4915112345678, no endpoint and "
                  "nobody of `testers` in %s%s%s%s",
                  name, s->file, meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "",
                  meant != NULL ? "?" : "");
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return rc;
}

static int add_one(const struct settings *s, struct test_people *p, const char *word,
                   struct error *err)
{
    enum channel_kind ignored;
    bool found = false;
    if (strcmp(word, "me") == 0)
        return add_me(s, p, err);
    if (kind_of(s, word, &ignored))
        return add(s, p, word, true, err);
    int rc = add_tester(s, p, word, &found, err);
    return rc == 0 && !found ? refuse_name(s, word, err) : rc;
}

int test_people_read(const struct settings *s, const char *list, struct test_people *out,
                     struct error *err)
{
    char *copy = xstrdup(list), *rest = copy, *one;
    int rc = 0;
    *out = (struct test_people){0};
    while (rc == 0 && (one = strsep(&rest, ", ")) != NULL)
        rc = one[0] != '\0' ? add_one(s, out, one, err) : 0;
    if (rc == 0 && out->count == 0)
        rc = error_set(err, ERR_USAGE, "--to says nobody: write --to me, or an address");
    free(copy);
    return rc;
}

void test_people_free(struct test_people *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].address);
    free(p->items);
    *p = (struct test_people){0};
}

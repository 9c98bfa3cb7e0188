#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/file.h"
#include "base/text.h"
#include "config/path.h"

#define SECRET_MAX 65536

#define HOW_TO "write {file: PATH}, {env: NAME} or {credential: NAME}"

/* One way to refer to a secret; `resolve` appends it. */
struct source {
    const char *name;
    int (*resolve)(const char *text, const char *directory, struct buf *out, struct error *err);
};

static int check_file(const char *path, const struct file_facts *facts, struct error *err)
{
    unsigned mode = (unsigned)facts->mode & 07777u;
    if (facts->owner != 0 && facts->owner != geteuid())
        return error_set(err, ERR_CONFIG,
                         "%s belongs to user %u; a secret must belong to the user that runs this "
                         "(%u) or to root",
                         path, (unsigned)facts->owner, (unsigned)geteuid());
    if ((mode & 07137u) != 0)
        return error_set(err, ERR_CONFIG, "%s has mode %04o and others can reach it: chmod 0600 %s",
                         path, mode, path);
    return 0;
}

static int read_file(const char *path, struct buf *out, struct error *err)
{
    /* Mounted secrets are often links (Kubernetes); what counts is the file behind them. */
    char *real = realpath(path, NULL);
    struct file_facts facts = {0};
    if (real == NULL)
        return error_errno(err, ERR_CONFIG, "cannot read the secret in %s", path);
    struct file_at at = {.dirfd = AT_FDCWD, .name = real, .shown = path};
    int rc = file_read(at, SECRET_MAX, out, &facts, err);
    free(real);
    if (rc != 0) {
        if (err != NULL)
            err->code = ERR_CONFIG;
        return ERR_CONFIG;
    }
    return check_file(path, &facts, err);
}

static int resolve_file(const char *text, const char *directory, struct buf *out, struct error *err)
{
    char *path = path_resolve(directory, text);
    int rc = read_file(path, out, err);
    free(path);
    return rc;
}

static int resolve_env(const char *text, const char *directory UNUSED, struct buf *out,
                       struct error *err)
{
    const char *value = getenv(text);
    if (value == NULL)
        return error_set(err, ERR_CONFIG, "the environment has no %s", text);
    buf_puts(out, value);
    return 0;
}

static int resolve_credential(const char *text, const char *directory UNUSED, struct buf *out,
                              struct error *err)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (credentials == NULL)
        return error_set(err, ERR_CONFIG,
                         "there are no credentials: CREDENTIALS_DIRECTORY is not set (systemd sets "
                         "it for a unit with LoadCredential=%s:PATH)",
                         text);
    if (strchr(text, '/') != NULL || text[0] == '.')
        return error_set(err, ERR_CONFIG, "`%s` is no name of a credential", text);
    return resolve_file(text, credentials, out, err);
}

static const struct source sources[] = {
    {"file", resolve_file}, {"env", resolve_env}, {"credential", resolve_credential}};

static const struct source *find_source(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (text_equal(sources[i].name, name))
            return &sources[i];
    }
    return NULL;
}

bool secret_is_reference(const struct yaml_node *node)
{
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        if (find_source(node->items[i]->key) != NULL)
            return true;
    }
    return false;
}

static int check_pem(const struct buf *text, struct error *err)
{
    const char *begin = strstr(text->data, "-----BEGIN ");
    const char *kind = begin != NULL ? strstr(begin, "PRIVATE KEY-----") : NULL;
    const char *line_end = begin != NULL ? strchr(begin, '\n') : NULL;
    if (strlen(text->data) != text->len || kind == NULL || line_end == NULL || kind > line_end ||
        strstr(line_end, "-----END ") == NULL)
        return error_set(err, ERR_CONFIG,
                         "the secret is no private key as PEM (-----BEGIN PRIVATE KEY----- to "
                         "-----END PRIVATE KEY-----); make one with: openssl genrsa 2048");
    if (strstr(begin, "ENCRYPTED") != NULL)
        return error_set(err, ERR_CONFIG,
                         "the private key is locked with a passphrase, which nobody can type here; "
                         "unlock it with: openssl pkey -in OLD -out NEW");
    return 0;
}

static int check_line(const struct buf *text, struct error *err)
{
    for (size_t i = 0; i < text->len; i++) {
        if ((unsigned char)text->data[i] < ' ')
            return error_set(err, ERR_CONFIG,
                             "the secret holds a control character (a second line?); it must be "
                             "one line");
    }
    return 0;
}

static int check_content(enum secret_form form, struct buf *text, struct error *err)
{
    if (text->len > 0 && text->data[text->len - 1] == '\n')
        buf_truncate(text, text->len - 1);
    if (text->len == 0)
        return error_set(err, ERR_CONFIG, "the secret is empty");
    return form == SECRET_PEM ? check_pem(text, err) : check_line(text, err);
}

int secret_resolve(const struct yaml_node *node, const char *directory, enum secret_form form,
                   bool dry, char **out, struct error *err)
{
    *out = NULL;
    if (node->kind == YAML_SCALAR)
        return error_set(err, ERR_CONFIG, "a secret must not stand in this file; " HOW_TO);
    if (node->kind != YAML_MAP || node->count != 1)
        return error_set(err, ERR_CONFIG, "is no reference to a secret; " HOW_TO);
    const struct yaml_node *reference = node->items[0];
    const struct source *source = find_source(reference->key);
    if (source == NULL)
        return error_set(err, ERR_CONFIG, "`%s` is no place for a secret; " HOW_TO, reference->key);
    if (reference->kind != YAML_SCALAR || reference->text[0] == '\0')
        return error_set(err, ERR_CONFIG, "`%s` is empty; " HOW_TO, reference->key);
    if (dry) {
        *out = xstrdup("");
        return 0;
    }
    struct buf text = {0};
    int rc = source->resolve(reference->text, directory, &text, err);
    if (rc == 0)
        rc = check_content(form, &text, err);
    if (rc == 0)
        *out = xstrdup(text.data);
    if (text.data != NULL)
        explicit_bzero(text.data, text.len);
    buf_free(&text);
    return rc;
}

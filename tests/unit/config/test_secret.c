#include "config/secret.h"

#include "scratch.h"

#include "base/yaml.h"

static struct scratch scratch;

static int setup(void **state UNUSED)
{
    scratch_open(&scratch);
    return 0;
}

static int teardown(void **state UNUSED)
{
    scratch_close(&scratch);
    return 0;
}

/* Resolves the reference `yaml`; the secret, or NULL and why in `err`. Caller frees. */
static char *resolve_form(const char *yaml, enum secret_form form, bool dry, struct error *err)
{
    struct yaml_node *root = NULL;
    char *secret = NULL, text[200];
    struct error parsing;
    *err = (struct error){0};
    snprintf(text, sizeof(text), "password: %s\n", yaml);
    if (yaml_parse(text, strlen(text), "test.yaml", 1, &root, &parsing) != 0)
        fail_msg("%s", parsing.text);
    int rc = secret_resolve(root->items[0], scratch.directory, form, dry, &secret, err);
    assert_int_equal(rc, secret != NULL ? 0 : ERR_CONFIG);
    yaml_free(root);
    return secret;
}

static char *resolve(const char *yaml, bool dry, struct error *err)
{
    return resolve_form(yaml, SECRET_LINE, dry, err);
}

static void must_be(const char *yaml, const char *expected)
{
    struct error err;
    char *secret = resolve(yaml, false, &err);
    if (secret == NULL)
        fail_msg("%s", err.text);
    assert_string_equal(secret, expected);
    free(secret);
}

static void must_refuse(const char *yaml, const char *sentence)
{
    struct error err;
    assert_null(resolve(yaml, false, &err));
    if (strstr(err.text, sentence) == NULL)
        fail_msg("no `%s` in: %s", sentence, err.text);
    assert_null(strstr(err.text, "geheim"));
}

static void reads_files_of_ours_that_others_cannot_read(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        bool fine;
    } rows[] = {{0600, true},  {0400, true},  {0640, true},  {0440, true}, {0644, false},
                {0604, false}, {0660, false}, {0602, false}, {0700, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        scratch_write(&scratch, "key", 0600, "geheim\n");
        scratch_write(&scratch, "key", rows[i].mode, "geheim\n");
        if (rows[i].fine)
            must_be("{file: key}", "geheim");
        else
            must_refuse("{file: key}", "chmod 0600");
        char path[300];
        snprintf(path, sizeof(path), "%s/key", scratch.directory);
        unlink(path);
    }
}

static void cuts_exactly_one_newline(void **state)
{
    (void)state;
    scratch_write(&scratch, "one", 0600, "geheim\n");
    scratch_write(&scratch, "none", 0600, "geheim");
    scratch_write(&scratch, "two", 0600, "geheim\n\n");
    scratch_write(&scratch, "dos", 0600, "geheim\r\n");
    scratch_write(&scratch, "empty", 0600, "\n");
    must_be("{file: one}", "geheim");
    must_be("{file: none}", "geheim");
    must_refuse("{file: two}", "must be one line");
    must_refuse("{file: dos}", "must be one line");
    must_refuse("{file: empty}", "is empty");
}

static void follows_links_to_the_file_that_counts(void **state)
{
    (void)state;
    char link_path[300];
    scratch_write(&scratch, "real", 0600, "geheim\n");
    scratch_write(&scratch, "open", 0644, "geheim\n");
    snprintf(link_path, sizeof(link_path), "%s/link", scratch.directory);
    assert_int_equal(symlink("real", link_path), 0);
    must_be("{file: link}", "geheim");
    unlink(link_path);
    assert_int_equal(symlink("open", link_path), 0);
    must_refuse("{file: link}", "chmod 0600");
}

static void never_blocks_on_what_is_no_file(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof(path), "%s/fifo", scratch.directory);
    assert_int_equal(mkfifo(path, 0600), 0);
    must_refuse("{file: fifo}", "fifo");
    must_refuse("{file: .}", "director");
    must_refuse("{file: nowhere}", "nowhere");
}

static void reads_the_environment_and_credentials(void **state)
{
    (void)state;
    scratch_write(&scratch, "credentials/smtp", 0400, "geheim\n");
    char directory[300];
    snprintf(directory, sizeof(directory), "%s/credentials", scratch.directory);
    setenv("TEST_SECRET", "geheim", 1);
    must_be("{env: TEST_SECRET}", "geheim");
    unsetenv("TEST_SECRET");
    must_refuse("{env: TEST_SECRET}", "no TEST_SECRET");
    unsetenv("CREDENTIALS_DIRECTORY");
    must_refuse("{credential: smtp}", "LoadCredential=smtp");
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    must_be("{credential: smtp}", "geheim");
    must_refuse("{credential: ../key}", "no name of a credential");
    must_refuse("{credential: ..}", "no name of a credential");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void refuses_anything_but_one_reference(void **state)
{
    (void)state;
    must_refuse("\"geheim\"", "must not stand in this file");
    must_refuse("[geheim]", "is no reference");
    must_refuse("{}", "is no reference");
    must_refuse("{file: a, env: b}", "is no reference");
    must_refuse("{vault: a}", "`vault` is no place for a secret");
    must_refuse("{file: {a: b}}", "`file` is empty");
    must_refuse("{env: \"\"}", "`env` is empty");
}

static void a_private_key_has_several_lines(void **state)
{
    (void)state;
    static const char body[] = "MIIEvQ==\n";
    static const struct {
        const char *begin, *end, *sentence; /* NULL: fine */
    } rows[] = {
        {"-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n", NULL},
        {"-----BEGIN RSA PRIVATE KEY-----\r\n", "-----END RSA PRIVATE KEY-----", NULL},
        {"# of s1\n-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n", NULL},
        {"-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", "no private key as PEM"},
        {"-----BEGIN PUBLIC KEY-----\n", "PRIVATE KEY-----\n-----END -----\n", "as PEM"},
        {"-----BEGIN PRIVATE KEY-----\n", "", "openssl genrsa 2048"},
        {"-----BEGIN PRIVATE KEY-----", "", "no private key as PEM"},
        {"", "", "no private key as PEM"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\n", "-----END ENCRYPTED PRIVATE KEY-----\n",
         "unlock it with: openssl pkey"},
        {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
         "-----END RSA PRIVATE KEY-----\n", "locked with a passphrase"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err;
        char text[300];
        snprintf(text, sizeof(text), "%s%s%s", rows[i].begin, body, rows[i].end);
        scratch_write(&scratch, "pem", 0600, text);
        char *secret = resolve_form("{file: pem}", SECRET_PEM, false, &err);
        assert_int_equal(secret != NULL, rows[i].sentence == NULL);
        if (rows[i].sentence != NULL && strstr(err.text, rows[i].sentence) == NULL)
            fail_msg("no `%s` in: %s", rows[i].sentence, err.text);
        assert_null(strstr(err.text, "MIIEvQ"));
        free(secret);
    }
}

static void dry_looks_at_the_shape_only(void **state)
{
    (void)state;
    struct error err;
    char *secret = resolve("{file: /nowhere}", true, &err);
    assert_string_equal(secret, "");
    free(secret);
    assert_null(resolve("geheim", true, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_of_ours_that_others_cannot_read),
        cmocka_unit_test(cuts_exactly_one_newline),
        cmocka_unit_test(follows_links_to_the_file_that_counts),
        cmocka_unit_test(never_blocks_on_what_is_no_file),
        cmocka_unit_test(reads_the_environment_and_credentials),
        cmocka_unit_test(refuses_anything_but_one_reference),
        cmocka_unit_test(a_private_key_has_several_lines),
        cmocka_unit_test(dry_looks_at_the_shape_only),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

"""APIs, their versions and documents, and their plans"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "apis",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("title_fr", sa.String(length=200), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("description_fr", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("default_limits", sa.JSON(), nullable=False),
        sa.Column("caps", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_apis_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apis")),
        sa.UniqueConstraint("name", name=op.f("uq_apis_name")),
    )
    with op.batch_alter_table("apis", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apis_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "api_versions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("api_id", sa.String(length=40), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("live_revision_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_api_versions_api_id_apis")),
        sa.ForeignKeyConstraint(
            ["live_revision_id"], ["revisions.id"], name="fk_api_versions_live_revision_id_revisions", use_alter=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_versions")),
        sa.UniqueConstraint("api_id", "major", name=op.f("uq_api_versions_api_id_major")),
    )
    with op.batch_alter_table("api_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_versions_api_id"), ["api_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_api_versions_state"), ["state"], unique=False)

    op.create_table(
        "catalogue_entries",
        sa.Column("api_id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "sort_en",
            sa.String(length=400).with_variant(sa.String(length=400, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "sort_fr",
            sa.String(length=400).with_variant(sa.String(length=400, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_catalogue_entries_api_id_apis")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_catalogue_entries_organisation_id_organisations")
        ),
        sa.PrimaryKeyConstraint("api_id", name=op.f("pk_catalogue_entries")),
    )
    with op.batch_alter_table("catalogue_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalogue_entries_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalogue_entries_sort_en"), ["sort_en"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalogue_entries_sort_fr"), ["sort_fr"], unique=False)

    op.create_table(
        "plans",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("api_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_fr", sa.String(length=200), nullable=False),
        sa.Column("approval", sa.String(length=20), nullable=False),
        sa.Column("allows_api_key", sa.Boolean(), nullable=False),
        sa.Column("when_away", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("costs", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["api_id"], ["apis.id"], name=op.f("fk_plans_api_id_apis")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("api_id", "code", name=op.f("uq_plans_api_id_code")),
    )
    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plans_api_id"), ["api_id"], unique=False)

    op.create_table(
        "environments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("api_version_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("connect_wait", sa.Double(), nullable=False),
        sa.Column("first_byte_wait", sa.Double(), nullable=False),
        sa.Column("idle_wait", sa.Double(), nullable=False),
        sa.Column("total_wait", sa.Double(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("check_path", sa.Text(), nullable=True),
        sa.Column("check_every", sa.Double(), nullable=True),
        sa.Column("check_timeout", sa.Double(), nullable=True),
        sa.Column("authorities", sa.Text(), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_proof", sa.LargeBinary(), nullable=True),
        sa.Column("proof_made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("most_in_flight", sa.Integer(), nullable=False),
        sa.Column("allows_upgrade", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_version_id"], ["api_versions.id"], name=op.f("fk_environments_api_version_id_api_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
        sa.UniqueConstraint("api_version_id", "kind", name=op.f("uq_environments_api_version_id_kind")),
    )
    with op.batch_alter_table("environments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_environments_api_version_id"), ["api_version_id"], unique=False)

    op.create_table(
        "plugin_bindings",
        sa.Column("api_version_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_version_id"], ["api_versions.id"], name=op.f("fk_plugin_bindings_api_version_id_api_versions")
        ),
        sa.PrimaryKeyConstraint("api_version_id", "name", name=op.f("pk_plugin_bindings")),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("api_version_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("openapi", sa.String(length=20), nullable=False),
        sa.Column("document_title", sa.String(length=300), nullable=False),
        sa.Column("document_version", sa.String(length=100), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["api_version_id"], ["api_versions.id"], name=op.f("fk_revisions_api_version_id_api_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("api_version_id", "number", name=op.f("uq_revisions_api_version_id_number")),
    )
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revisions_api_version_id"), ["api_version_id"], unique=False)

    op.create_table(
        "operations",
        sa.Column("revision_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.String(length=300), nullable=False),
        sa.Column("slug", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_operations_revision_id_revisions")),
        sa.PrimaryKeyConstraint("revision_id", "position", name=op.f("pk_operations")),
    )
    # Versions and revisions point at each other: PostgreSQL takes the constraint when both tables are there, SQLite
    # only with its table (above, where PostgreSQL passes it over).
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key(
            "fk_api_versions_live_revision_id_revisions", "api_versions", "revisions", ["live_revision_id"], ["id"]
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_api_versions_live_revision_id_revisions", "api_versions", type_="foreignkey")
    op.drop_table("operations")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revisions_api_version_id"))

    op.drop_table("revisions")
    op.drop_table("plugin_bindings")
    with op.batch_alter_table("environments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_environments_api_version_id"))

    op.drop_table("environments")
    with op.batch_alter_table("plans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plans_api_id"))

    op.drop_table("plans")
    with op.batch_alter_table("catalogue_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalogue_entries_sort_fr"))
        batch_op.drop_index(batch_op.f("ix_catalogue_entries_sort_en"))
        batch_op.drop_index(batch_op.f("ix_catalogue_entries_organisation_id"))

    op.drop_table("catalogue_entries")
    with op.batch_alter_table("api_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_versions_state"))
        batch_op.drop_index(batch_op.f("ix_api_versions_api_id"))

    op.drop_table("api_versions")
    with op.batch_alter_table("apis", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_apis_organisation_id"))

    op.drop_table("apis")

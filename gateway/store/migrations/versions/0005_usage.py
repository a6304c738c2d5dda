"""Usage, by the minute, the hour and the day, and the latest calls"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SPANS = ("minutes", "hours", "days")


def upgrade() -> None:
    op.create_table(
        "recent_calls",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("api_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("refusal", sa.String(length=60), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_recent_calls")),
    )
    with op.batch_alter_table("recent_calls", schema=None) as batch_op:
        batch_op.create_index("ix_recent_calls_application", ["application_id", "at", "request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recent_calls_at"), ["at"], unique=False)

    op.create_table(
        "usage_batches",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_usage_batches")),
    )
    for span in SPANS:
        op.create_table(
            f"usage_{span}",
            sa.Column("minute", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
            sa.Column("api_id", sa.String(length=40), nullable=False),
            sa.Column("version_id", sa.String(length=40), nullable=False),
            sa.Column("operation", sa.Text(), nullable=False),
            sa.Column("application_id", sa.String(length=40), nullable=False),
            sa.Column("subscription_id", sa.String(length=40), nullable=False),
            sa.Column("plan_id", sa.String(length=40), nullable=False),
            sa.Column("status_class", sa.Integer(), nullable=False),
            sa.Column("refusal", sa.String(length=60), nullable=False),
            sa.Column("latency_bucket", sa.Integer(), nullable=False),
            sa.Column("calls", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
            sa.Column("sent_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
            sa.PrimaryKeyConstraint(
                "minute",
                "api_id",
                "version_id",
                "operation",
                "application_id",
                "subscription_id",
                "plan_id",
                "status_class",
                "refusal",
                "latency_bucket",
                name=op.f(f"pk_usage_{span}"),
            ),
        )
        with op.batch_alter_table(f"usage_{span}", schema=None) as batch_op:
            batch_op.create_index(f"ix_usage_{span}_api", ["api_id", "minute"], unique=False)
            batch_op.create_index(f"ix_usage_{span}_application", ["application_id", "minute"], unique=False)


def downgrade() -> None:
    for span in reversed(SPANS):
        with op.batch_alter_table(f"usage_{span}", schema=None) as batch_op:
            batch_op.drop_index(f"ix_usage_{span}_application")
            batch_op.drop_index(f"ix_usage_{span}_api")

        op.drop_table(f"usage_{span}")
    op.drop_table("usage_batches")
    with op.batch_alter_table("recent_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recent_calls_at"))
        batch_op.drop_index("ix_recent_calls_application")

    op.drop_table("recent_calls")

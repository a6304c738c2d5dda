"""Usage, by the minute, the hour and the day, and the latest calls"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


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
    op.create_table(
        "usage_minutes",
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
            name=op.f("pk_usage_minutes"),
        ),
    )
    with op.batch_alter_table("usage_minutes", schema=None) as batch_op:
        batch_op.create_index("ix_usage_minutes_api", ["api_id", "minute"], unique=False)
        batch_op.create_index("ix_usage_minutes_application", ["application_id", "minute"], unique=False)

    op.create_table(
        "usage_hours",
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
            name=op.f("pk_usage_hours"),
        ),
    )
    with op.batch_alter_table("usage_hours", schema=None) as batch_op:
        batch_op.create_index("ix_usage_hours_api", ["api_id", "minute"], unique=False)
        batch_op.create_index("ix_usage_hours_application", ["application_id", "minute"], unique=False)

    op.create_table(
        "usage_days",
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
            name=op.f("pk_usage_days"),
        ),
    )
    with op.batch_alter_table("usage_days", schema=None) as batch_op:
        batch_op.create_index("ix_usage_days_api", ["api_id", "minute"], unique=False)
        batch_op.create_index("ix_usage_days_application", ["application_id", "minute"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("usage_days", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_days_application")
        batch_op.drop_index("ix_usage_days_api")

    op.drop_table("usage_days")
    with op.batch_alter_table("usage_hours", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_hours_application")
        batch_op.drop_index("ix_usage_hours_api")

    op.drop_table("usage_hours")
    with op.batch_alter_table("usage_minutes", schema=None) as batch_op:
        batch_op.drop_index("ix_usage_minutes_application")
        batch_op.drop_index("ix_usage_minutes_api")

    op.drop_table("usage_minutes")
    op.drop_table("usage_batches")
    with op.batch_alter_table("recent_calls", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recent_calls_at"))
        batch_op.drop_index("ix_recent_calls_application")

    op.drop_table("recent_calls")

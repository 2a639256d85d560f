from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = [("common", "0005_move_failed_messages")]

    operations = [
        migrations.CreateModel(
            name="FailedMessage",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("common.outboxmessage",),
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("common", "0004_pending_attempts")]

    operations = [migrations.DeleteModel(name="FailedMessage")]  # a proxy: it moves to `operations`, no table changes

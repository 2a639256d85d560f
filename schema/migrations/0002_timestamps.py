import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schema", "0001_trusted_documents")]
    accepted = dict.fromkeys(
        ["RENAME_COLUMN", "NOT_NULL"],
        "the command `trusted_documents` alone reads or writes these columns; import again when the release is out",
    )

    operations = [
        migrations.RenameField(model_name="trusteddocument", old_name="imported_at", new_name="created_at"),
        migrations.AddField(
            model_name="trusteddocument",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]

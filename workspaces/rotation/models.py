"""Rotations of keys, from the new generation to the end of the old one."""

from django.db import models

from core.ids import uuid7


class KeyRotation(models.Model):
    """What is being moved from old keys to a new one. What is left is asked of the tables, so a crash loses nothing."""

    class State(models.TextChoices):
        MOVING = "moving", "moving"
        SETTLING = "settling", "waiting for work that began before"
        FINISHED = "finished", "finished"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    root = models.CharField(max_length=32, blank=True)
    workspace = models.ForeignKey("workspaces.Workspace", models.PROTECT, null=True, related_name="+")
    generation = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.MOVING)
    total = models.PositiveBigIntegerField(default=0)
    moved = models.PositiveBigIntegerField(default=0)
    stuck = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # Until when one process works on it. Another takes over when that one died.
    held_until = models.DateTimeField(null=True)

    class Meta:
        app_label = "workspaces"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(root="", workspace__isnull=False) | (~models.Q(root="") & models.Q(workspace=None)),
                name="rotation_of_a_root_or_a_workspace",
            ),
            models.UniqueConstraint(
                fields=["root"],
                condition=~models.Q(root="") & ~models.Q(state="finished"),
                name="one_rotation_per_root",
            ),
            models.UniqueConstraint(
                fields=["workspace"], condition=~models.Q(state="finished"), name="one_rotation_per_workspace"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}, generation {self.generation}: {self.get_state_display()}"

    @property
    def what(self) -> str:
        return f"root “{self.root}”" if self.root else f"workspace {self.workspace_id}"

"""What people are told: a line in their inbox and, as they wish, a mail. Upper rooms say how it reads (ADR 0031)."""

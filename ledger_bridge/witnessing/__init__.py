"""Has checkpoints cosigned by the witnesses of the installation's policy, and watches what they have seen."""

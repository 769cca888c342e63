"""From detections to a person who answers: incidents, ladders of escalation, an outbox and its channels."""
